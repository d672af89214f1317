package dev.lathe.pass;

import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operands of a node as seen before one common permutation: what to feed when the Transposes in
 * front of it are to follow it instead.
 */
final class TransposedView {

  /** Shapes of values, also of those an ongoing pass made. */
  interface Shapes {
    @Nullable Shape find(String value);
  }

  private final GraphEditor graph;
  private final Shapes shapes;
  private final Permutation permutation;
  private final List<Node> added = new ArrayList<>();

  private TransposedView(GraphEditor graph, Shapes shapes, Permutation permutation) {
    this.graph = graph;
    this.shapes = shapes;
    this.permutation = permutation;
  }

  /**
   * A view through the Transposes in front of the given inputs; null when there is no common one.
   */
  static @Nullable TransposedView of(
      GraphEditor graph, Shapes shapes, Node node, List<Integer> operands) {
    Permutation common = null;
    for (int operand : operands) {
      Permutation own = Permutation.of(graph.producer(node.input(operand)));
      if (own == null) {
        continue;
      }
      if (common != null && !common.equals(own)) {
        return null;
      }
      common = own;
    }
    return common == null ? null : new TransposedView(graph, shapes, common);
  }

  Permutation permutation() {
    return permutation;
  }

  /** Nodes that the operands handed out need before the user. */
  List<Node> added() {
    return added;
  }

  /** Whether {@link #operand} can give that input without moving elements in a run. */
  boolean reaches(String value) {
    Node producer = graph.producer(value);
    if (permutation.equals(Permutation.of(producer))) {
      return true;
    }
    Shape shape = shapes.find(value);
    if (shape == null || shape.rank() > permutation.rank()) {
      return false;
    }
    Tensor constant = graph.constant(value);
    return shape.elements() == 1
        || (constant != null && constant.dtype().bits() >= 8)
        || permutation.inverse().keepsOrder(widened(shape));
  }

  /** The operand before the permutation. */
  String operand(String value) {
    Node producer = graph.producer(value);
    if (producer != null && permutation.equals(Permutation.of(producer))) {
      return producer.input(0);
    }
    Shape shape = shapes.find(value);
    if (shape == null || shape.elements() == 1) {
      return value;
    }
    Shape wide = widened(shape);
    Tensor constant = graph.constant(value);
    if (constant != null) {
      return graph.addConstant(
          value + "/permuted", permutation.inverse().apply(constant.reshape(wide)));
    }
    String moved = graph.freshName(value + "/permuted");
    Shape target = wide.permute(permutation.inverse().axes());
    added.add(Edits.reshape(graph, value, moved, target.dims()));
    return moved;
  }

  /** With leading axes of extent 1, as broadcasting sees it. */
  private Shape widened(Shape shape) {
    long[] dims = new long[permutation.rank()];
    int lead = dims.length - shape.rank();
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = axis < lead ? 1 : shape.dim(axis - lead);
    }
    return Shape.of(dims);
  }
}
