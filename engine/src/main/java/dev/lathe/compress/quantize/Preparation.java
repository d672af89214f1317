package dev.lathe.compress.quantize;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings a float network into the form integer operators have: constants are initializers, and
 * constants added to a product are its bias, which stays exact in int32.
 */
final class Preparation {

  private Preparation() {}

  static Network run(Network network) {
    GraphEditor editor = GraphEditor.of(network.graph());
    editor.nodes().forEach(node -> foldConstant(editor, node));
    ValueTypes types = ValueTypes.of(editor.toGraph());
    for (Node node : editor.nodes()) {
      if (node.is("Add") && editor.contains(node)) {
        foldBias(editor, node, types);
      }
    }
    return network.withGraph(editor.toGraph());
  }

  /** Constant nodes, and Reshape of a constant to a constant shape, become constants. */
  private static void foldConstant(GraphEditor editor, Node node) {
    Tensor value = null;
    if (node.is("Constant")) {
      value = node.tensorAttribute("value");
    } else if (node.is("Reshape")) {
      value = reshaped(editor.constant(node.input(0)), editor.constant(node.input(1)), node);
    }
    if (value != null && !editor.isOutput(node.output(0))) {
      String name = editor.addConstant(node.output(0) + "_constant", value);
      editor.replaceUses(node.output(0), name);
      editor.remove(node);
    }
  }

  private static @Nullable Tensor reshaped(
      @Nullable Tensor data, @Nullable Tensor shape, Node node) {
    if (data == null || shape == null || node.intAttribute("allowzero", 0) != 0) {
      return null;
    }
    long[] dims = shape.toLongs();
    long known = 1;
    int open = -1;
    for (int axis = 0; axis < dims.length; axis++) {
      if (dims[axis] == 0 && axis < data.shape().rank()) {
        dims[axis] = data.shape().dim(axis);
      }
      if (dims[axis] == -1) {
        open = axis;
      } else {
        known *= dims[axis];
      }
    }
    if (open >= 0 && known > 0) {
      dims[open] = data.elements() / known;
    }
    for (long dim : dims) {
      if (dim < 0) {
        return null;
      }
    }
    Shape target = Shape.of(dims);
    return target.elements() == data.elements() ? data.reshape(target) : null;
  }

  private static void foldBias(GraphEditor editor, Node add, ValueTypes types) {
    for (int side = 0; side < 2; side++) {
      Tensor constant = editor.constant(add.input(1 - side));
      Node product = editor.producer(add.input(side));
      if (constant == null
          || product == null
          || editor.onlyConsumer(add.input(side)) == null
          || !types.isFloat(add.input(1 - side))) {
        continue;
      }
      Node merged = withBias(editor, product, constant, add.input(1 - side), types);
      if (merged != null) {
        editor.remove(product);
        editor.replace(add, merged.withOutputs(List.of(add.output(0))));
        return;
      }
    }
  }

  private static @Nullable Node withBias(
      GraphEditor editor, Node product, Tensor constant, String name, ValueTypes types) {
    if (product.is("Conv") && !product.hasInput(2)) {
      Tensor weight = editor.constant(product.input(1));
      return weight != null && isPerChannel(constant.shape(), weight.shape())
          ? product.withInput(2, bias(editor, name, constant))
          : null;
    }
    if (product.is("MatMul")) {
      Tensor weight = editor.constant(product.input(1));
      boolean matrices =
          weight != null
              && weight.shape().rank() == 2
              && types.rank(product.input(0)).orElse(0) == 2;
      boolean row =
          weight != null
              && constant.elements() == weight.shape().dim(1)
              && constant.shape().rank() <= 2
              && constant.shape().rank() > 0
              && constant.shape().dim(-1) == constant.elements();
      if (matrices && row) {
        List<String> inputs = new ArrayList<>(product.inputs());
        inputs.add(bias(editor, name, constant));
        return new Node(
            product.name(),
            "",
            "Gemm",
            inputs,
            product.outputs(),
            Map.<String, Attribute>of(),
            product.metadata(),
            null);
      }
    }
    return null;
  }

  private static String bias(GraphEditor editor, String name, Tensor constant) {
    return editor.addConstant(name + "_bias", constant.reshape(Shape.of(constant.elements())));
  }

  /** Whether a constant added to a convolution's output is one value per output channel. */
  private static boolean isPerChannel(Shape added, Shape weight) {
    int spatial = weight.rank() - 2;
    int channelAxis = added.rank() - 1 - spatial;
    return channelAxis >= 0
        && channelAxis <= 1
        && added.dim(channelAxis) == weight.dim(0)
        && added.elements() == weight.dim(0);
  }
}
