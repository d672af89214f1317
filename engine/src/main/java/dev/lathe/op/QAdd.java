package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
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
 * two operands of one shape; attributes min and max clamp it.
 */
final class QAdd implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe("QAdd"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    if (inference.dtype(0) != DType.UINT8 || inference.dtype(3) != DType.UINT8) {
      throw GraphErrors.invalid(
          inference.node(),
          "operands are " + inference.dtype(0) + " and " + inference.dtype(3) + ", expected uint8");
    }
    if (!inference.shape(0).equals(inference.shape(3))) {
      throw Checks.unsupported(
          inference.node(),
          "operands have shapes " + inference.shape(0) + " and " + inference.shape(3),
          "operands of one shape");
    }
    return Checks.one(DType.UINT8, inference.shape(0));
  }

  @Override
  public void lower(Lowering lowering) {
    AddU8.Params params =
        new AddU8.Params(
            QuantizedSum.of(
                QuantizedWeights.scalar(lowering, 1),
                QuantizedWeights.zeroPoint(lowering, 2),
                QuantizedWeights.scalar(lowering, 4),
                QuantizedWeights.zeroPoint(lowering, 5),
                QuantizedWeights.scalar(lowering, 6),
                QuantizedWeights.zeroPoint(lowering, 7)),
            Math.toIntExact(lowering.node().intAttribute("min", 0)),
            Math.toIntExact(lowering.node().intAttribute("max", 255)));
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
