package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.op.IntegerProductStep.Finish;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.quant.Arithmetic;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;

/**
 * QLinearMatMul (a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point): {@code
 * saturate(rint(float(sum) * (a_scale * b_scale / y_scale)) + y_zero_point)}. Parameters of a hold
 * for all of it or for one row, those of b for all of it or for one column. The usual form with
 * known weights becomes dev.lathe.QGemm before.
 */
final class QLinearMatMul implements Operator {

  private static final IntegerProduct.Inputs INPUTS = new IntegerProduct.Inputs(0, 2, 3, 5);
  private static final int LHS_SCALE = 1;
  private static final int RHS_SCALE = 4;
  private static final int DST_SCALE = 6;
  private static final int DST_ZERO = 7;

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("QLinearMatMul"), Microsoft.key("QLinearMatMul"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    ProductShapes shapes = IntegerProduct.infer(inference, INPUTS);
    RunScale.check(inference, LHS_SCALE);
    RunScale.check(inference, RHS_SCALE);
    RunScale.checkSingle(inference, DST_SCALE);
    ZeroPoint.requireCount(inference, LHS_SCALE, shapes.m(), shapes.lhsMatrices());
    ZeroPoint.requireCount(inference, RHS_SCALE, shapes.n(), shapes.rhsMatrices());
    ZeroPoint.requireCount(inference, DST_ZERO, 1, 1);
    DType type = inference.dtype(DST_ZERO);
    if (!type.isInt8()) {
      throw Checks.unsupported(inference.node(), "the result is " + type, "int8, uint8");
    }
    return Checks.one(type, shapes.result());
  }

  @Override
  public void lower(Lowering lowering) {
    boolean rowScales = lowering.fact(LHS_SCALE).shape().elements() != 1;
    IntegerProduct product = IntegerProduct.of(lowering, INPUTS, !rowScales);
    IntegerProduct.Prepared prepared = product.prepare();
    Slot sums = lowering.scratch(product.sumBytes());
    Slot dst = lowering.output(0);
    Finish requantize =
        new Requantization(
            product.shapes(),
            RunScale.of(lowering, LHS_SCALE),
            RunScale.of(lowering, RHS_SCALE),
            RunScale.of(lowering, DST_SCALE),
            ZeroPoint.of(lowering, DST_ZERO, 0),
            sums,
            dst);
    prepared.emit(sums, prepared.correction(sums).then(requantize));
  }

  private record Requantization(
      ProductShapes shapes,
      RunScale lhsScale,
      RunScale rhsScale,
      RunScale dstScale,
      ZeroPoint zeroPoint,
      Slot sums,
      Slot dst)
      implements Finish {

    @Override
    public void block(Frame frame, int product, int mFrom, int mTo, int nFrom, int nTo) {
      int m = shapes.m();
      int n = shapes.n();
      int lhsMatrix = shapes.lhsMatrix(product);
      int rhsMatrix = shapes.rhsMatrix(product);
      boolean signed = dst.fact().dtype() == DType.INT8;
      int min = signed ? -128 : 0;
      int max = min + 255;
      int zero = zeroPoint.get(frame, 0);
      float scale = dstScale.get(frame, 0);
      for (int i = mFrom; i < mTo; i++) {
        float lhs = lhsScale.get(frame, ZeroPoint.index(lhsScale.count(), lhsMatrix, m, i));
        long row = ((long) product * m + i) * n;
        float ratio = Arithmetic.requantizeScale(lhs, rhsScale.get(frame, 0), scale);
        for (int j = nFrom; j < nTo; j++) {
          if (rhsScale.count() != 1) {
            long column = ZeroPoint.index(rhsScale.count(), rhsMatrix, n, j);
            ratio = Arithmetic.requantizeScale(lhs, rhsScale.get(frame, column), scale);
          }
          int sum = frame.segment(sums).get(Tensor.I32, frame.at(sums) + 4 * (row + j));
          int q = Arithmetic.requantize(sum, ratio, zero, min, max);
          frame.segment(dst).set(Tensor.I8, frame.at(dst) + row + j, (byte) q);
        }
      }
    }
  }
}
