package dev.lathe.compress.factorize;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the parts of a convolution have in common. */
final class ConvWeights {

  private ConvWeights() {}

  /**
   * Filters in the order of a Conv weight.
   *
   * @param filters in the order of a {@link WeightView}: the channels of a tap side by side
   */
  static double[] channelsFirst(double[] filters, int count, WeightView view) {
    double[] result = new double[filters.length];
    int k = view.k();
    for (int f = 0; f < count; f++) {
      for (int tap = 0; tap < view.taps(); tap++) {
        for (int c = 0; c < view.channels(); c++) {
          result[f * k + c * view.taps() + tap] = filters[f * k + tap * view.channels() + c];
        }
      }
    }
    return result;
  }

  /** The convolution with other filters, without bias, making an inner value. */
  static Node first(Node node, GraphEditor editor, String weight, String output) {
    return Node.of(
        editor.freshName(node.name() + "_rank"),
        "",
        "Conv",
        List.of(node.input(0), weight),
        List.of(output),
        node.attributes());
  }

  /** A 1x1 convolution that ends in the node's output, with its bias. */
  static Node pointwise(Node node, GraphEditor editor, String input, String weight, int axes) {
    List<String> inputs = new ArrayList<>(List.of(input, weight));
    inputs.addAll(node.inputs().subList(2, node.inputs().size()));
    return new Node(
        node.name(),
        "",
        "Conv",
        inputs,
        node.outputs(),
        Map.of("kernel_shape", new Attribute.Ints(Collections.nCopies(axes, 1L))),
        node.metadata(),
        node.opaque());
  }

  /** The attributes of a convolution of two axes for a kernel along one of them. */
  static Map<String, Attribute> along(Node node, int axis, long kernel) {
    Map<String, Attribute> attributes = new LinkedHashMap<>(node.attributes());
    List<Long> shape = new ArrayList<>(List.of(1L, 1L));
    shape.set(axis, kernel);
    attributes.put("kernel_shape", new Attribute.Ints(shape));
    for (String key : List.of("strides", "dilations")) {
      long[] values = node.intsAttribute(key);
      if (values != null) {
        List<Long> own = new ArrayList<>(List.of(1L, 1L));
        own.set(axis, values[axis]);
        attributes.put(key, new Attribute.Ints(own));
      }
    }
    long[] pads = node.intsAttribute("pads");
    if (pads != null) {
      List<Long> own = new ArrayList<>(List.of(0L, 0L, 0L, 0L));
      own.set(axis, pads[axis]);
      own.set(2 + axis, pads[2 + axis]);
      attributes.put("pads", new Attribute.Ints(own));
    }
    return attributes;
  }
}
