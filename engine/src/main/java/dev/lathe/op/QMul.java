package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import java.util.List;

/**
 * QMul (a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point): uint8 product
 * of two operands that broadcast, {@code clamp(rint(float((a - za) * (b - zb)) * (sa * sb / sy) +
 * zy), min, max)}; every float operation is a single one.
 */
final class QMul implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe("QMul"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    return Checks.one(DType.UINT8, QuantizedPair.infer(inference));
  }

  @Override
  public void lower(Lowering lowering) {
    float ratio =
        QuantizedWeights.scalar(lowering, 1)
            * QuantizedWeights.scalar(lowering, 4)
            / QuantizedWeights.scalar(lowering, 6);
    int lhsZero = QuantizedWeights.zeroPoint(lowering, 2);
    int rhsZero = QuantizedWeights.zeroPoint(lowering, 5);
    int dstZero = QuantizedWeights.zeroPoint(lowering, 7);
    int min = Math.toIntExact(lowering.node().intAttribute("min", 0));
    int max = Math.toIntExact(lowering.node().intAttribute("max", 255));
    QuantizedPair.lower(
        lowering,
        "multiply levels",
        (a, b) -> {
          float x = (a - lhsZero) * (b - rhsZero) * ratio + dstZero;
          return Math.clamp((long) Math.rint(x), min, max);
        });
  }
}
