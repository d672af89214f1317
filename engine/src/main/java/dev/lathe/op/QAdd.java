package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.AddU8;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.quant.QuantizedSum;
import dev.lathe.tensor.DType;
import java.util.List;

/**
 * QAdd (a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point): uint8 sum of
 * two operands that broadcast; attributes min and max clamp it.
 */
final class QAdd implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe("QAdd"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    return Checks.one(DType.UINT8, QuantizedPair.infer(inference));
  }

  @Override
  public void lower(Lowering lowering) {
    QuantizedSum sum =
        QuantizedSum.of(
            QuantizedWeights.scalar(lowering, 1),
            QuantizedWeights.zeroPoint(lowering, 2),
            QuantizedWeights.scalar(lowering, 4),
            QuantizedWeights.zeroPoint(lowering, 5),
            QuantizedWeights.scalar(lowering, 6),
            QuantizedWeights.zeroPoint(lowering, 7));
    int min = Math.toIntExact(lowering.node().intAttribute("min", 0));
    int max = Math.toIntExact(lowering.node().intAttribute("max", 255));
    if (!lowering.fact(0).shape().equals(lowering.fact(3).shape())) {
      QuantizedPair.lower(lowering, "add levels", (a, b) -> sum.level(a, b, min, max));
      return;
    }
    AddU8.Params params = new AddU8.Params(sum, min, max);
    AddU8 kernel = lowering.kernels().pick(AddU8.class);
    lowering.mayOverwrite(0, 0);
    lowering.mayOverwrite(0, 3);
    Slot lhs = lowering.input(0);
    Slot rhs = lowering.input(3);
    Slot dst = lowering.output(0);
    lowering.emit(
        RangeStep.elements(
            kernel.name().toString(),
            dst.fact().shape().elements(),
            (frame, from, to) ->
                kernel.run(
                    params,
                    frame.segment(lhs),
                    frame.at(lhs) + from,
                    frame.segment(rhs),
                    frame.at(rhs) + from,
                    frame.segment(dst),
                    frame.at(dst) + from,
                    to - from)));
  }
}
