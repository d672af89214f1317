package dev.lathe.compress.quantize;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Lifts networks of opset 7 to 12 to opset 13, the first whose DequantizeLinear has an axis. Most
 * operators mean the same in all of these; {@link UpgradeRules} rewrites those that don't.
 */
final class OpsetUpgrade {

  static final long TARGET = 13;

  private static final long OLDEST = 7;

  /** Operators whose nodes, valid in any of opsets 7 to 12, mean the same in opset 13. */
  private static final Set<String> UNCHANGED =
      Set.of(
          "Abs",
          "Acos",
          "Acosh",
          "Add",
          "And",
          "ArgMax",
          "ArgMin",
          "Asin",
          "Asinh",
          "Atan",
          "Atanh",
          "AveragePool",
          "BitShift",
          "Cast",
          "Ceil",
          "Celu",
          "Compress",
          "Concat",
          "Constant",
          "ConstantOfShape",
          "Conv",
          "ConvInteger",
          "ConvTranspose",
          "Cos",
          "Cosh",
          "CumSum",
          "DepthToSpace",
          "DequantizeLinear",
          "Det",
          "Div",
          "DynamicQuantizeLinear",
          "Einsum",
          "Elu",
          "Equal",
          "Erf",
          "Exp",
          "Expand",
          "EyeLike",
          "Flatten",
          "Floor",
          "GRU",
          "Gather",
          "GatherElements",
          "GatherND",
          "Gemm",
          "GlobalAveragePool",
          "GlobalLpPool",
          "GlobalMaxPool",
          "Greater",
          "GreaterOrEqual",
          "HardSigmoid",
          "Identity",
          "InstanceNormalization",
          "IsInf",
          "IsNaN",
          "LRN",
          "LSTM",
          "LeakyRelu",
          "Less",
          "LessOrEqual",
          "Log",
          "LpNormalization",
          "LpPool",
          "MatMul",
          "MatMulInteger",
          "Max",
          "MaxPool",
          "MaxUnpool",
          "Mean",
          "MeanVarianceNormalization",
          "Min",
          "Mod",
          "Mul",
          "Multinomial",
          "Neg",
          "NonMaxSuppression",
          "NonZero",
          "Not",
          "OneHot",
          "Or",
          "PRelu",
          "Pow",
          "QLinearConv",
          "QLinearMatMul",
          "QuantizeLinear",
          "RNN",
          "RandomNormal",
          "RandomNormalLike",
          "RandomUniform",
          "RandomUniformLike",
          "Range",
          "Reciprocal",
          "ReduceL1",
          "ReduceL2",
          "ReduceLogSum",
          "ReduceLogSumExp",
          "ReduceMax",
          "ReduceMean",
          "ReduceMin",
          "ReduceProd",
          "ReduceSumSquare",
          "Relu",
          "Reshape",
          "ReverseSequence",
          "RoiAlign",
          "Round",
          "ScatterElements",
          "ScatterND",
          "Selu",
          "Shape",
          "Shrink",
          "Sigmoid",
          "Sign",
          "Sin",
          "Sinh",
          "Size",
          "Softplus",
          "Softsign",
          "SpaceToDepth",
          "Sqrt",
          "Sub",
          "Sum",
          "Tan",
          "Tanh",
          "ThresholdedRelu",
          "Tile",
          "Transpose",
          "Where",
          "Xor");

  private OpsetUpgrade() {}

  /**
   * The network at opset 13 or later; the same object when it is there already.
   *
   * @throws UnsupportedException listing every node that can't be lifted
   */
  static Network apply(Network network) {
    long opset = network.opset();
    if (opset >= TARGET) {
      return network;
    }
    List<Problem> problems = new ArrayList<>();
    if (opset < OLDEST) {
      problems.add(
          new Problem(
              "opset " + opset + " is too old to quantize",
              "model",
              "opsets " + OLDEST + " and later are understood",
              "convert it with onnx.version_converter"));
    }
    GraphEditor editor = GraphEditor.of(network.graph());
    for (Node node : editor.nodes()) {
      if (!node.domain().isEmpty() || UNCHANGED.contains(node.opType())) {
        continue;
      }
      String obstacle = UpgradeRules.apply(editor, node, opset);
      if (!obstacle.isEmpty()) {
        problems.add(
            new Problem(
                "can't lift the node from opset " + opset + " to " + TARGET,
                node.toString(),
                obstacle,
                "export the model with opset 13 or later"));
      }
    }
    if (!problems.isEmpty()) {
      throw new UnsupportedException(problems);
    }
    return network.withGraph(editor.toGraph()).withOpset("", TARGET);
  }
}
