package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Wraps operators that work on NHWC images into a graph whose images are NCHW:
 *
 * <pre>
 * 5 axes   x -Transpose-> NDHWC -operator-> NDHWC -Transpose-> y
 * 4 axes   x -Transpose-> NHWC -operator-> NHWC -Transpose-> y
 * 3 axes   x -Transpose-> NLC -Unsqueeze-> N1LC -operator-> N1LC -Squeeze-> NLC -Transpose-> y
 * </pre>
 */
final class ChannelsLast {

  static final Permutation TO_LAST = Permutation.of(0, 2, 3, 1);
  static final Permutation TO_FIRST = Permutation.of(0, 3, 1, 2);

  private static final Permutation VOLUME_TO_LAST = Permutation.of(0, 2, 3, 4, 1);
  private static final Permutation VOLUME_TO_FIRST = Permutation.of(0, 4, 1, 2, 3);
  private static final Permutation SWAP = Permutation.of(0, 2, 1);

  private ChannelsLast() {}

  /**
   * Puts {@code inner} in the place of {@code anchor}. Its input 0 and output 0 name NCHW values
   * here and are rewired.
   *
   * @param rank axes of the image, 3 to 5
   */
  static void replace(GraphEditor graph, Node anchor, Node inner, int rank, long opset) {
    String from = inner.input(0);
    String to = inner.output(0);
    String image = graph.freshName(from + "/nhwc");
    String result = graph.freshName(to + "/nhwc");
    Node wrapped = inner.withInput(0, image).withOutputs(List.of(result));
    List<Node> nodes = new ArrayList<>();
    if (rank > 3) {
      Permutation last = rank == 4 ? TO_LAST : VOLUME_TO_LAST;
      Permutation first = rank == 4 ? TO_FIRST : VOLUME_TO_FIRST;
      nodes.add(Edits.transpose(graph, from, image, last.axes()));
      nodes.add(wrapped);
      nodes.add(Edits.transpose(graph, result, to, first.axes()));
    } else {
      String rows = graph.freshName(from + "/nlc");
      String rowsResult = graph.freshName(to + "/nlc");
      nodes.add(Edits.transpose(graph, from, rows, SWAP.axes()));
      nodes.add(axisChange(graph, "Unsqueeze", rows, image, opset));
      nodes.add(wrapped);
      nodes.add(axisChange(graph, "Squeeze", result, rowsResult, opset));
      nodes.add(Edits.transpose(graph, rowsResult, to, SWAP.axes()));
    }
    graph.replace(anchor, nodes.toArray(Node[]::new));
  }

  private static Node axisChange(
      GraphEditor graph, String opType, String from, String to, long opset) {
    boolean asInput = opset >= 13;
    List<String> inputs =
        asInput
            ? List.of(from, graph.addConstant(to + "/axes", Tensor.of(new long[] {1}, 1)))
            : List.of(from);
    return Node.of(
        graph.freshName(to + "/" + opType),
        "",
        opType,
        inputs,
        List.of(to),
        asInput ? Map.of() : Map.of("axes", Edits.ints(1)));
  }

  /** Window attributes over one spatial axis as the same over (1, axis). */
  static Map<String, Attribute> windowAttributes(Node node, int rank) {
    if (rank > 3) {
      return node.attributes();
    }
    Map<String, Attribute> attributes = new LinkedHashMap<>(node.attributes());
    for (String key : List.of("kernel_shape", "strides", "dilations", "output_shape")) {
      long[] values = node.intsAttribute(key);
      if (values != null && values.length == 1) {
        attributes.put(key, Edits.ints(1, values[0]));
      }
    }
    long[] extra = node.intsAttribute("output_padding");
    if (extra != null && extra.length == 1) {
      attributes.put("output_padding", Edits.ints(0, extra[0]));
    }
    long[] pads = node.intsAttribute("pads");
    if (pads != null && pads.length == 2) {
      attributes.put("pads", Edits.ints(0, pads[0], 0, pads[1]));
    }
    return attributes;
  }

  /**
   * The name of the weights as [M, C, kernel...] of two axes at least: itself, or a constant with a
   * height of 1 made for [M, C, k], under a name of its own contents.
   */
  static String weights(GraphEditor graph, String name, Tensor weights) {
    if (weights.shape().rank() > 3) {
      return name;
    }
    String flat = name + "/height1";
    return graph.constant(flat) != null
        ? flat
        : graph.addConstant(flat, weights.reshape(height1(weights.shape())));
  }

  /** The same of weights that need not be constant, by a node in front of {@code user}. */
  static String weights(GraphEditor graph, Node user, Shape shape) {
    String name = user.input(1);
    Tensor constant = graph.constant(name);
    if (constant != null) {
      return weights(graph, name, constant);
    }
    if (shape.rank() > 3) {
      return name;
    }
    String made = graph.freshName(name + "/height1");
    graph.insertBefore(user, Edits.reshape(graph, name, made, height1(shape).dims()));
    return made;
  }

  private static Shape height1(Shape weights) {
    return Shape.of(weights.dim(0), weights.dim(1), 1, weights.dim(2));
  }

  /** A node with its attributes replaced. */
  static Node withAttributes(Node node, Map<String, Attribute> attributes) {
    return new Node(
        node.name(),
        node.domain(),
        node.opType(),
        node.inputs(),
        node.outputs(),
        attributes,
        node.metadata(),
        node.opaque());
  }

  /** Whether the axes are exactly the spatial ones of an image. */
  static boolean areSpatial(long[] axes, int rank) {
    long[] sorted =
        Arrays.stream(axes).map(axis -> axis < 0 ? axis + rank : axis).sorted().toArray();
    return rank > 3 && Arrays.equals(sorted, LongStream.range(2, rank).toArray());
  }
}
