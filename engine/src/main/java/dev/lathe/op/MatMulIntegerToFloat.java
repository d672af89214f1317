package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.SumsF32;
import dev.lathe.op.IntegerProductStep.Finish;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * com.microsoft MatMulIntegerToFloat (A, B, a_scale, b_scale, a_zero_point, b_zero_point, bias):
 * {@code float(sum) * (a_scale * b_scale) + bias}, in float32. a_scale holds for all of A, b_scale
 * for all of B or for one column each; both b_scale and bias are known ahead.
 */
final class MatMulIntegerToFloat implements Operator {

  private static final IntegerProduct.Inputs INPUTS = new IntegerProduct.Inputs(0, 4, 1, 5);
  private static final int LHS_SCALE = 2;
  private static final int RHS_SCALE = 3;
  private static final int BIAS = 6;

  @Override
  public List<Key> keys() {
    return List.of(Microsoft.key("MatMulIntegerToFloat"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    ProductShapes shapes = IntegerProduct.infer(inference, INPUTS);
    Checks.requireF32(inference, LHS_SCALE);
    if (inference.shape(LHS_SCALE).elements() != 1) {
      throw Checks.unsupported(
          inference.node(), "a_scale has shape " + inference.shape(LHS_SCALE), "one element");
    }
    requireColumns(inference, RHS_SCALE, "scale of B", shapes.n(), true);
    if (inference.has(BIAS)) {
      requireColumns(inference, BIAS, "bias", shapes.n(), false);
    }
    return Checks.one(DType.FLOAT32, shapes.result());
  }

  private static void requireColumns(
      Inference inference, int input, String what, int n, boolean orOne) {
    Checks.requireF32(inference, input);
    long count = inference.requireValue(input, what).elements();
    if (count != n && !(orOne && count == 1)) {
      throw GraphErrors.invalid(
          inference.node(), what + " has " + count + " elements for " + n + " columns");
    }
  }

  @Override
  public void lower(Lowering lowering) {
    IntegerProduct product = IntegerProduct.of(lowering, INPUTS);
    IntegerProduct.Prepared prepared = product.prepare();
    ProductShapes shapes = product.shapes();
    Slot dst = lowering.output(0);
    Slot scale = lowering.input(LHS_SCALE);
    ZeroPoint zero = product.lhsZero();
    MemorySegment known = product.knownColumnSums();
    boolean inKernel = known != null && !zero.known() && zero.count() == 1;
    MemorySegment columnSums =
        inKernel && known != null ? known : lowering.allocate(4L * shapes.n());
    SumsF32.Columns columns =
        new SumsF32.Columns(
            columnSums,
            columns(lowering, lowering.inference().requireValue(RHS_SCALE, "scale of B"), shapes),
            lowering.has(BIAS)
                ? columns(lowering, lowering.inference().requireValue(BIAS, "bias"), shapes)
                : null);
    SumsF32 kernel = lowering.kernels().pick(SumsF32.class);
    long matrixBytes = 4L * shapes.m() * shapes.n();
    Finish dequantize =
        (frame, index, mFrom, mTo, nFrom, nTo) -> {
          MemorySegment memory = frame.segment(dst);
          long at = frame.at(dst) + index * matrixBytes + 4L * mFrom * shapes.n();
          kernel.run(
              columns,
              inKernel ? zero.get(frame, 0) : 0,
              frame.segment(scale).get(Tensor.F32, frame.at(scale)),
              memory,
              at,
              memory,
              at,
              shapes.n(),
              mTo - mFrom,
              nFrom,
              nTo);
        };
    prepared.emit(dst, inKernel ? dequantize : prepared.correction(dst).then(dequantize));
  }

  private static MemorySegment columns(Lowering lowering, Tensor values, ProductShapes shapes) {
    MemorySegment columns = lowering.allocate(4L * shapes.n());
    for (int j = 0; j < shapes.n(); j++) {
      columns.set(Tensor.F32, 4L * j, values.f32(values.elements() == 1 ? 0 : j));
    }
    return columns;
  }
}
