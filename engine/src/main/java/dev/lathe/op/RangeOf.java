package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;

/** Range: start, start + delta, ... up to limit, exclusively. */
final class RangeOf implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Range"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireArithmetic(inference, 0);
    Checks.requireSameType(inference, 0, 1);
    Checks.requireSameType(inference, 0, 2);
    double start = scalar(inference.requireValue(0, "start"));
    double limit = scalar(inference.requireValue(1, "limit"));
    double delta = scalar(inference.requireValue(2, "delta"));
    if (delta == 0) {
      throw GraphErrors.invalid(inference.node(), "delta is 0");
    }
    return Checks.one(type, Shape.of((long) Math.max(0, Math.ceil((limit - start) / delta))));
  }

  private static double scalar(Tensor value) {
    return Elements.getDouble(value.dtype(), value.data(), 0, 0);
  }

  @Override
  public void lower(Lowering lowering) {
    double start = scalar(lowering.inference().requireValue(0, "start"));
    double delta = scalar(lowering.inference().requireValue(2, "delta"));
    Slot dst = lowering.output(0);
    DType type = dst.fact().dtype();
    lowering.emit(
        RangeStep.elements(
            "range",
            dst.fact().shape().elements(),
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                double value = start + (double) i * delta;
                Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, value);
              }
            }));
  }
}
