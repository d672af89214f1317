package dev.lathe.compress.quantize;

import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.quant.QuantParams;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How one node takes part in integer arithmetic.
 *
 * @param activations inputs that are quantized activations
 * @param weight input that is a constant weight, or -1
 * @param bias input that is a constant bias with one value per output channel, or -1
 * @param channelAxis axis of the weight that runs over output channels, or {@link
 *     QuantParams#PER_TENSOR}
 * @param movesData whether the output holds values of the input unchanged, so that it has the
 *     input's parameters
 * @param obstacle why the node must stay float, or empty
 */
record Role(
    List<Integer> activations,
    int weight,
    int bias,
    int channelAxis,
    boolean movesData,
    String obstacle) {

  private static final int NONE = -1;

  /** The role of a node, or null for an operator that has no integer form here. */
  static @Nullable Role of(Node node, GraphEditor graph) {
    if (!node.domain().isEmpty()) {
      return null;
    }
    return switch (node.opType()) {
      case "Conv" -> conv(node, graph);
      case "Gemm" -> gemm(node, graph);
      case "MatMul" -> matMul(node, graph);
      case "Add" -> inputs(0, 1);
      case "Concat" -> inputs(IntStream.range(0, node.inputs().size()).toArray());
      case "AveragePool", "GlobalAveragePool" -> inputs(0);
      case "MaxPool" ->
          node.output(1).isEmpty() ? move() : obstacle("its indices output has no integer form");
      case "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity" -> move();
      default -> null;
    };
  }

  private static Role conv(Node node, GraphEditor graph) {
    Tensor weight = graph.constant(node.input(1));
    if (weight == null) {
      return obstacle("its weight is not a constant");
    }
    return product(node, graph, 0, weight.shape().dim(0));
  }

  private static Role gemm(Node node, GraphEditor graph) {
    Tensor weight = graph.constant(node.input(1));
    if (weight == null || weight.shape().rank() != 2) {
      return obstacle("its weight is not a constant matrix");
    }
    if (node.intAttribute("transA", 0) != 0) {
      return obstacle("transA is set");
    }
    boolean scaledBias = node.hasInput(2) && node.floatAttribute("beta", 1) != 1;
    if (node.floatAttribute("alpha", 1) != 1 || scaledBias) {
      return obstacle("alpha or beta is not 1");
    }
    int axis = node.intAttribute("transB", 0) != 0 ? 0 : 1;
    return product(node, graph, axis, weight.shape().dim(axis));
  }

  private static Role product(Node node, GraphEditor graph, int axis, long channels) {
    if (!node.hasInput(2)) {
      return new Role(List.of(0), 1, NONE, axis, false, "");
    }
    Tensor bias = graph.constant(node.input(2));
    return bias == null || bias.elements() != channels
        ? obstacle("its bias is not one constant per output channel")
        : new Role(List.of(0), 1, 2, axis, false, "");
  }

  private static Role matMul(Node node, GraphEditor graph) {
    Tensor weight = graph.constant(node.input(1));
    if (weight == null) {
      return inputs(0, 1);
    }
    int axis = weight.shape().rank() == 2 ? 1 : QuantParams.PER_TENSOR;
    return new Role(List.of(0), 1, NONE, axis, false, "");
  }

  private static Role inputs(int... activations) {
    List<Integer> list = IntStream.of(activations).boxed().toList();
    return new Role(list, NONE, NONE, QuantParams.PER_TENSOR, false, "");
  }

  private static Role move() {
    return new Role(List.of(0), NONE, NONE, QuantParams.PER_TENSOR, true, "");
  }

  private static Role obstacle(String why) {
    return new Role(List.of(), NONE, NONE, QuantParams.PER_TENSOR, false, why);
  }

  boolean hasWeight() {
    return weight != NONE;
  }

  boolean hasBias() {
    return bias != NONE;
  }
}
