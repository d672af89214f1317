package dev.lathe.report;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** Along which axis of a constant its reader counts output channels. */
final class ChannelAxis {

  static final int NONE = -1;

  /** Input that holds the weight, by operator. */
  private static final Map<String, Integer> WEIGHT =
      Map.of(
          "Conv", 1,
          "ConvInteger", 1,
          "QLinearConv", 3,
          "ConvTranspose", 1,
          "Gemm", 1,
          "MatMul", 1,
          "MatMulInteger", 1,
          "QLinearMatMul", 3);

  private ChannelAxis() {}

  /**
   * The axis, or {@link #NONE} when the constant is no weight of a convolution or product. The
   * weight of a grouped ConvTranspose has the channels of one group along it.
   *
   * @param readers of the constant and, where that is a DequantizeLinear or a Cast, of what it
   *     makes
   */
  static int of(Graph graph, Tensor tensor, String name, List<Node> readers) {
    String value = name;
    for (Node node : readers) {
      if ((node.is("DequantizeLinear") || node.is("Cast")) && node.input(0).equals(value)) {
        value = node.output(0);
      } else {
        int axis = of(graph, node, value, tensor.shape());
        if (axis != NONE) {
          return axis;
        }
      }
    }
    return NONE;
  }

  private static int of(Graph graph, Node node, String value, Shape shape) {
    Integer input = WEIGHT.get(node.opType());
    int rank = shape.rank();
    if (input == null || rank < 2) {
      return NONE;
    }
    if (!node.input(input).equals(value)) {
      boolean left = node.is("MatMul") && node.input(0).equals(value);
      return left && !graph.isConstant(node.input(1)) ? rank - 2 : NONE;
    }
    return switch (node.opType()) {
      case "Conv", "ConvInteger", "QLinearConv" -> 0;
      case "ConvTranspose" -> 1;
      case "Gemm" -> node.intAttribute("transB", 0) == 0 ? 1 : 0;
      default -> rank - 1;
    };
  }
}
