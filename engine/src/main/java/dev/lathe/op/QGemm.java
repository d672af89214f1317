package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SpmmU8S8;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * dev.lathe.QGemm: integer product of rows with a constant matrix, requantized to uint8. Inputs 0 x
 * (uint8 [..., K]), 1 its scale, 2 its zero point, 3 w (int8 or uint8 [K, N], or [N, K] with {@code
 * transB}), 4 its scale [1 or N], 5 its zero point, 6 y scale, 7 y zero point, 8 bias (int32 [N],
 * optional). Attributes {@code transB} and the uint8 clamp {@code min}, {@code max}.
 */
final class QGemm implements Operator {

  private static final int WEIGHTS = 3;

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe("QGemm"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Shape x = inference.shape(0);
    inference.requireRank(WEIGHTS, 2);
    boolean transposed = node.intAttribute("transB", 0) != 0;
    Shape w = inference.shape(WEIGHTS);
    if (x.rank() < 1 || x.dim(-1) != w.dim(transposed ? 1 : 0)) {
      throw GraphErrors.invalid(node, "inner extents of " + x + " and " + w + " differ");
    }
    if (inference.dtype(0) != DType.UINT8) {
      throw GraphErrors.invalid(node, "input is " + inference.dtype(0) + ", not uint8");
    }
    return List.of(TensorFact.of(DType.UINT8, x.with(-1, w.dim(transposed ? 0 : 1))));
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    boolean transposed = node.intAttribute("transB", 0) != 0;
    Shape y = lowering.outputFact(0).shape();
    int n = y.intDim(-1);
    int k = lowering.fact(0).shape().intDim(-1);
    int m = Math.toIntExact(y.product(0, y.rank() - 1));
    QuantizedWeights weights = QuantizedWeights.of(lowering, WEIGHTS, n);
    QuantizedWeights.Parameters parameters = QuantizedWeights.Parameters.of(lowering, n);
    GemmShape shape = GemmShape.product(m, n, k, k, n);
    Requantize epilogue =
        weights.requantize(
            lowering, parameters, 0, n, transposed ? k : 1, transposed ? 1 : n, true, null);
    String key = node.input(WEIGHTS) + "#gemm" + (transposed ? "T" : "");
    Tensor centered = weights.centered(!transposed);
    if (centered != null) {
      RhsView view = view(centered, transposed, k, n);
      SpmmChoice<SpmmU8S8> choice =
          SpmmChoice.u8s8(
              lowering, shape, SpmmChoice.Problem.product(m, k, n, k, n), centered, List.of(view));
      if (choice != null) {
        MemorySegment packed =
            lowering.packed(
                QuantizedWeights.centeredKey(node, WEIGHTS, WEIGHTS + 2)
                    + "#gemm"
                    + (transposed ? "T" : ""),
                choice.kernel().rhsLayout(choice.shape()),
                () -> view);
        SpmmU8S8Step.emit(
            lowering,
            choice,
            1,
            List.of(new SpmmU8S8Step.Group(packed, epilogue)),
            new SpmmU8S8Step.Operands(
                lowering.input(0), 0, parameters.lhsZeroPoint(), null, lowering.output(0), 0));
        return;
      }
    }
    GemmU8S8 kernel =
        lowering.kernels().pick(GemmU8S8.class, candidate -> candidate.accepts(shape));
    GemmU8S8Step.Group group =
        new GemmU8S8Step.Group(
            lowering.packed(
                key, kernel.rhsLayout(), () -> view(weights.values(), transposed, k, n)),
            weights.zeroPoints(lowering, 0, n),
            epilogue);
    long scratchBytes = Math.ceilDiv(kernel.scratchBytes(shape), 64L) * 64;
    Slot scratch = lowering.scratch(scratchBytes * lowering.threads());
    lowering.emit(
        new GemmU8S8Step(
            kernel,
            shape,
            1,
            List.of(group),
            new GemmU8S8Step.Operands(
                lowering.input(0),
                0,
                null,
                0,
                null,
                lowering.output(0),
                0,
                null,
                scratch,
                scratchBytes)));
  }

  private static RhsView view(Tensor values, boolean transposed, int k, int n) {
    return transposed
        ? RhsView.transposed(values.data(), k, n)
        : RhsView.rowMajor(values.data(), k, n);
  }
}
