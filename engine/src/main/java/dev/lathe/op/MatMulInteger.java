package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.util.List;

/** MatMulInteger (A, B, a_zero_point, b_zero_point): int32 sums; see {@link IntegerProduct}. */
final class MatMulInteger implements Operator {

  private static final IntegerProduct.Inputs INPUTS = new IntegerProduct.Inputs(0, 2, 1, 3);

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("MatMulInteger"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    return Checks.one(DType.INT32, IntegerProduct.infer(inference, INPUTS).result());
  }

  @Override
  public void lower(Lowering lowering) {
    IntegerProduct.Prepared product = IntegerProduct.of(lowering, INPUTS).prepare();
    Slot sums = lowering.output(0);
    product.emit(sums, product.correction(sums));
  }
}
