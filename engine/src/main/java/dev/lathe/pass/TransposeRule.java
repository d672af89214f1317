package dev.lathe.pass;

import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** How one kind of node changes when the Transposes in front of it move behind it. */
final class TransposeRule {

  private interface Remap {
    AxisRemap.@Nullable Remapped apply(GraphEditor graph, Node node, Permutation permutation);
  }

  private static final Set<String> UNARY =
      Set.of(
          "Abs",
          "Acos",
          "Acosh",
          "Asin",
          "Asinh",
          "Atan",
          "Atanh",
          "BitwiseNot",
          "Cast",
          "Ceil",
          "Celu",
          "Clip",
          "Cos",
          "Cosh",
          "Elu",
          "Erf",
          "Exp",
          "Floor",
          "Gelu",
          "HardSigmoid",
          "HardSwish",
          "Identity",
          "IsInf",
          "IsNaN",
          "LeakyRelu",
          "Log",
          "Mish",
          "Neg",
          "Not",
          "Reciprocal",
          "Relu",
          "Round",
          "Selu",
          "Shrink",
          "Sigmoid",
          "Sign",
          "Sin",
          "Sinh",
          "Softplus",
          "Softsign",
          "Sqrt",
          "Swish",
          "Tan",
          "Tanh",
          "ThresholdedRelu");

  private static final Set<String> BROADCASTING =
      Set.of(
          "Add",
          "And",
          "BitShift",
          "BitwiseAnd",
          "BitwiseOr",
          "BitwiseXor",
          "Div",
          "Equal",
          "Greater",
          "GreaterOrEqual",
          "Less",
          "LessOrEqual",
          "Max",
          "Mean",
          "Min",
          "Mod",
          "Mul",
          "Or",
          "Pow",
          "PRelu",
          "Sub",
          "Sum",
          "Where",
          "Xor");

  private static final Set<String> REDUCING =
      Set.of(
          "ReduceMean",
          "ReduceMax",
          "ReduceMin",
          "ReduceSum",
          "ReduceProd",
          "ReduceL1",
          "ReduceL2",
          "ReduceSumSquare",
          "ReduceLogSum",
          "ReduceLogSumExp");

  private final List<Integer> operands;
  private final boolean broadcasts;
  private final boolean reduces;
  private final Remap remap;

  private TransposeRule(List<Integer> operands, boolean broadcasts, boolean reduces, Remap remap) {
    this.operands = operands;
    this.broadcasts = broadcasts;
    this.reduces = reduces;
    this.remap = remap;
  }

  /** The rule of a node; null when Transposes stay in front of it. */
  static @Nullable TransposeRule of(Node node, long opset) {
    if (Edits.isLathe(node, "QAdd") || Edits.isLathe(node, "QMul")) {
      return new TransposeRule(List.of(0, 3), true, false, TransposeRule::unchanged);
    }
    if (Edits.isLathe(node, "QLookup")) {
      return first(TransposeRule::unchanged);
    }
    if (!node.domain().isEmpty()) {
      return null;
    }
    String opType = node.opType();
    if (opType.equals("Cast") && hasPackedElements(node)) {
      return null;
    }
    if (UNARY.contains(opType)) {
      return first(TransposeRule::unchanged);
    }
    List<Integer> all = IntStream.range(0, node.inputs().size()).boxed().toList();
    if (BROADCASTING.contains(opType)) {
      return new TransposeRule(all, true, false, TransposeRule::unchanged);
    }
    if (REDUCING.contains(opType)) {
      return new TransposeRule(List.of(0), true, true, AxisRemap::reduction);
    }
    return switch (opType) {
      case "QuantizeLinear", "DequantizeLinear" -> first(AxisRemap::quantization);
      case "Concat" -> new TransposeRule(all, true, false, axis(0));
      case "Split" -> first(axis(0));
      case "Softmax", "LogSoftmax" -> opset < 13 ? null : first(axis(-1));
      case "Slice" -> first(AxisRemap::slice);
      case "Pad" -> first(AxisRemap::pad);
      case "Resize", "Upsample" -> first(AxisRemap::resize);
      default -> null;
    };
  }

  /** Elements of less than a byte cannot be transposed. */
  private static boolean hasPackedElements(Node cast) {
    return DType.ofCode((int) cast.intAttribute("to", 1)).bits() < 8;
  }

  private static TransposeRule first(Remap remap) {
    return new TransposeRule(List.of(0), true, false, remap);
  }

  private static Remap axis(long fallback) {
    return (graph, node, permutation) -> AxisRemap.axis(node, permutation, fallback);
  }

  private static AxisRemap.Remapped unchanged(
      GraphEditor graph, Node node, Permutation permutation) {
    return new AxisRemap.Remapped(node, permutation);
  }

  /** Inputs that are transposed along. */
  List<Integer> operands() {
    return operands;
  }

  /** Whether operands may have other shapes than the result. */
  boolean broadcasts() {
    return broadcasts;
  }

  /** Whether the result may have fewer axes than the operand. */
  boolean reduces() {
    return reduces;
  }

  /** The node over unpermuted operands; null when what it says of axes isn't known ahead. */
  AxisRemap.@Nullable Remapped remap(GraphEditor graph, Node node, Permutation permutation) {
    return remap.apply(graph, node, permutation);
  }
}
