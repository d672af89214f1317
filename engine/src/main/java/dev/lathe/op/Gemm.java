package dev.lathe.op;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.RhsView;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ONNX Gemm over float32, {@code Y = alpha A' B' + beta C}, for the form inference has: constant B
 * and C, A not transposed. Also dev.lathe.Gemm, the same with the clamp attributes {@code min} and
 * {@code max}.
 */
final class Gemm implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Gemm"), Key.lathe("Gemm"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    inference.requireRank(0, 2);
    inference.requireRank(1, 2);
    boolean transA = node.intAttribute("transA", 0) != 0;
    boolean transB = node.intAttribute("transB", 0) != 0;
    Shape a = inference.shape(0);
    Shape b = inference.shape(1);
    long m = a.dim(transA ? 1 : 0);
    long n = b.dim(transB ? 0 : 1);
    if (a.dim(transA ? 0 : 1) != b.dim(transB ? 1 : 0)) {
      throw GraphErrors.invalid(node, "inner extents of " + a + " and " + b + " differ");
    }
    if (inference.dtype(0) != DType.FLOAT32 || inference.dtype(1) != DType.FLOAT32) {
      throw new UnsupportedException(
          Problem.of(
              "Gemm of " + inference.dtype(0) + " and " + inference.dtype(1), node.toString()));
    }
    if (transA) {
      throw new UnsupportedException(
          Problem.of("Gemm with transA is not supported", node.toString()));
    }
    return List.of(TensorFact.of(DType.FLOAT32, Shape.of(m, n)));
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    Tensor rhs = lowering.inference().requireValue(1, "right operand of Gemm");
    int m = lowering.outputFact(0).shape().intDim(0);
    int n = lowering.outputFact(0).shape().intDim(1);
    int k = lowering.fact(0).shape().intDim(1);
    boolean transB = node.intAttribute("transB", 0) != 0;
    float alpha = node.floatAttribute("alpha", 1);
    GemmF32 kernel = lowering.kernels().pick(GemmF32.class);
    MemorySegment packed =
        lowering.packed(
            node.input(1) + "#gemm" + (transB ? "T" : "") + alpha,
            kernel.rhsLayout(),
            () -> {
              MemorySegment scaled = scale(rhs, alpha);
              return transB ? RhsView.transposed(scaled, k, n) : RhsView.rowMajor(scaled, k, n);
            });
    FloatEpilogue epilogue = Operands.epilogue(lowering, bias(lowering, n), 0, n, 0);
    lowering.emit(
        new GemmF32Step(
            kernel,
            GemmShape.product(m, n, k, k, n),
            1,
            List.of(epilogue),
            new GemmF32Step.Operands(
                lowering.input(0),
                0,
                List.of(packed),
                null,
                0,
                null,
                lowering.output(0),
                0,
                null)));
  }

  private static MemorySegment scale(Tensor rhs, float alpha) {
    if (alpha == 1) {
      return rhs.data();
    }
    float[] scaled = rhs.toFloats();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= alpha;
    }
    return MemorySegment.ofArray(scaled);
  }

  /** beta * C as one value per column. */
  private static @Nullable Tensor bias(Lowering lowering, int n) {
    if (!lowering.has(2)) {
      return null;
    }
    Tensor c = lowering.inference().requireValue(2, "bias of Gemm");
    float beta = lowering.node().floatAttribute("beta", 1);
    boolean perColumn = c.elements() == n && (c.shape().rank() == 0 || c.shape().dim(-1) == n);
    if (!perColumn && c.elements() != 1) {
      throw new UnsupportedException(
          Problem.of(
              "Gemm with a bias of shape " + c.shape() + " for " + n + " columns",
              lowering.node().toString()));
    }
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = beta * c.f32(perColumn ? i : 0);
    }
    return Tensor.of(values, n);
  }
}
