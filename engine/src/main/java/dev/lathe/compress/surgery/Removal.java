package dev.lathe.compress.surgery;

import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What goes from every dimension, and where nodes get new operands. */
final class Removal {

  private static final BitSet NOTHING = new BitSet();

  private final Map<String, Shape> shapes;
  private final Map<Axis, BitSet> removed = new HashMap<>();
  private final GraphEditor editor;
  private final long opset;

  Removal(Map<String, Shape> shapes, List<Channel> channels, GraphEditor editor, long opset) {
    this.shapes = shapes;
    this.editor = editor;
    this.opset = opset;
    for (Channel channel : channels) {
      channel
          .indices()
          .forEach(
              (axis, indices) -> {
                BitSet set = removed.computeIfAbsent(axis, none -> new BitSet());
                for (int index : indices) {
                  set.set(index);
                }
              });
    }
  }

  /** Version of the default operator set. */
  long opset() {
    return opset;
  }

  /** The shape of a value before; a scalar when it was not known. */
  Shape shape(String value) {
    return shapes.getOrDefault(value, Shape.scalar());
  }

  /** The shape of a value after. */
  Shape shapeAfter(String value) {
    Shape shape = shape(value);
    for (int i = 0; i < shape.rank(); i++) {
      shape = shape.with(i, left(new Axis(value, i)));
    }
    return shape;
  }

  /** Indices that go from a dimension. */
  BitSet of(Axis axis) {
    return removed.getOrDefault(axis, NOTHING);
  }

  boolean touches(Axis axis) {
    return !of(axis).isEmpty();
  }

  /** The extent of a dimension after. */
  int left(Axis axis) {
    return shape(axis.value()).intDim(axis.dimension()) - of(axis).cardinality();
  }

  int removedBefore(Axis axis, int index) {
    return of(axis).get(0, index).cardinality();
  }

  /** The constant of that name as it was, or null. */
  @Nullable Tensor constant(String name) {
    return editor.constant(name);
  }

  /** The node with a constant of its own as an input. */
  Node withConstant(Node node, int input, Tensor value) {
    String name = node.hasInput(input) ? node.input(input) : node.name() + "_operand";
    return node.withInput(input, editor.addConstant(name, value));
  }
}
