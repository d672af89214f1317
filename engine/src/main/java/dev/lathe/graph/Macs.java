package dev.lathe.graph;

import dev.lathe.tensor.Shape;
import org.jspecify.annotations.Nullable;

/** Multiply-accumulates of a node, for the operators that have any. */
public final class Macs {

  /** What is known of values; null when nothing is. */
  public interface Values {
    @Nullable TensorFact find(String value);
  }

  private Macs() {}

  /** 0 for operators without products, or when shapes are not known. */
  public static long of(Node node, @Nullable Values facts) {
    TensorFact output = facts == null ? null : facts.find(node.output(0));
    if (facts == null || output == null) {
      return 0;
    }
    return switch (node.opType()) {
      case "Conv", "ConvInteger", "BinaryConv" -> convolution(output, facts.find(node.input(1)));
      case "QLinearConv", "QConv" -> convolution(output, facts.find(node.input(3)));
      case "ConvTranspose" -> {
        TensorFact input = facts.find(node.input(0));
        yield input == null ? 0 : convolution(input, facts.find(node.input(1)));
      }
      case "MatMul", "MatMulInteger", "QLinearMatMul", "QGemm", "BinaryMatMul" ->
          product(output, facts.find(node.input(0)));
      case "MatMulNBits" -> output.shape().elements() * node.intAttribute("K", 0);
      case "Attention" -> attention(node, facts);
      case "Gemm" -> gemm(node, output, facts.find(node.input(0)));
      default -> 0;
    };
  }

  /** Each output element takes one product per weight of its channel. */
  private static long convolution(TensorFact output, @Nullable TensorFact weights) {
    if (weights == null) {
      return 0;
    }
    Shape shape = weights.shape();
    return output.shape().elements() * shape.product(1, shape.rank());
  }

  private static long product(TensorFact output, @Nullable TensorFact lhs) {
    return lhs == null ? 0 : output.shape().elements() * lhs.shape().dim(-1);
  }

  /** Scores and their sums of values; of ONNX's operator, which does not project. */
  private static long attention(Node node, Values facts) {
    TensorFact queries = facts.find(node.input(0));
    TensorFact keys = facts.find(node.input(1));
    return node.domain().isEmpty() && queries != null && keys != null
        ? 2 * queries.shape().elements() * keys.shape().dim(-2)
        : 0;
  }

  private static long gemm(Node node, TensorFact output, @Nullable TensorFact lhs) {
    if (lhs == null) {
      return 0;
    }
    int inner = node.intAttribute("transA", 0) != 0 ? 0 : 1;
    return output.shape().elements() * lhs.shape().dim(inner);
  }
}
