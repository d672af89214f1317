package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.RhsView;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * dev.lathe.MatMul: {@code x [...,K] * w [K,N] + bias [N] (+ addend [...,N])} over float32 with
 * constant weights and bias, one product with the additions in its epilogue.
 */
final class BiasedProduct implements Operator {

  private static final int BIAS = 2;
  private static final int ADDEND = 3;

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe("MatMul"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Shape x = inference.shape(0);
    Checks.requireF32(inference, 0);
    inference.requireRank(1, 2);
    Shape w = inference.shape(1);
    if (x.rank() < 2 || x.dim(-1) != w.dim(0)) {
      throw GraphErrors.invalid(
          inference.node(), "inner extents of " + x + " and " + w + " differ");
    }
    long[] dims = x.dims();
    dims[dims.length - 1] = w.dim(1);
    Shape result = Shape.of(dims);
    Checks.requireOperand(inference, BIAS, DType.FLOAT32, Shape.of(w.dim(1)));
    Operands.requireSameShape(inference, ADDEND, result);
    return Checks.one(DType.FLOAT32, result);
  }

  @Override
  public void lower(Lowering lowering) {
    Tensor weights = lowering.inference().requireValue(1, "right operand of a product");
    int k = weights.shape().intDim(0);
    int n = weights.shape().intDim(1);
    int m = Math.toIntExact(lowering.outputFact(0).shape().elements() / Math.max(1, n));
    GemmF32 kernel = lowering.kernels().pick(GemmF32.class);
    MemorySegment packed =
        lowering.packed(
            lowering.node().input(1) + "#matmul",
            kernel.rhsLayout(),
            () -> RhsView.rowMajor(weights.data(), k, n));
    Tensor bias =
        lowering.has(BIAS) ? lowering.inference().requireValue(BIAS, "bias of a product") : null;
    Slot addend = lowering.has(ADDEND) ? lowering.input(ADDEND) : null;
    FloatEpilogue epilogue = Operands.epilogue(lowering, bias, 0, n, addend == null ? 0 : n);
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
                addend,
                lowering.output(0),
                0,
                null)));
  }
}
