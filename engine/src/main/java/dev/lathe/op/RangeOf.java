package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
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
    DType type = Checks.requireNumeric(inference, 0);
    Checks.requireSameType(inference, 0, 1);
    Checks.requireSameType(inference, 0, 2);
    Tensor start = scalar(inference, 0, "start");
    Tensor limit = scalar(inference, 1, "limit");
    Tensor delta = scalar(inference, 2, "delta");
    if (real(delta) == 0) {
      throw GraphErrors.invalid(inference.node(), "delta is 0");
    }
    double count =
        type.isFloat()
            ? Math.ceil((real(limit) - real(start)) / real(delta))
            : count(inference.node(), start.integer(0), limit.integer(0), delta.integer(0));
    return Checks.one(type, Shape.of((long) Math.max(0, count)));
  }

  private static long count(Node node, long start, long limit, long delta) {
    if (Math.abs((double) limit - start) > 0x1p62) {
      throw GraphErrors.invalid(node, "the range from " + start + " to " + limit + " overflows");
    }
    return Math.ceilDiv(limit - start, delta);
  }

  private static Tensor scalar(Inference inference, int input, String name) {
    Tensor value = inference.requireValue(input, name);
    if (value.elements() != 1) {
      throw GraphErrors.invalid(inference.node(), name + " is " + value + ", expected a scalar");
    }
    return value;
  }

  private static double real(Tensor value) {
    return Elements.getDouble(value.dtype(), value.data(), 0, 0);
  }

  @Override
  public void lower(Lowering lowering) {
    Tensor first = scalar(lowering.inference(), 0, "start");
    Tensor step = scalar(lowering.inference(), 2, "delta");
    Slot dst = lowering.output(0);
    DType type = dst.fact().dtype();
    RangeStep.Body body;
    if (type.isFloat()) {
      double start = real(first);
      double delta = real(step);
      body =
          (frame, from, to) -> {
            for (long i = from; i < to; i++) {
              double value = start + (double) i * delta;
              Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, value);
            }
          };
    } else {
      long start = first.integer(0);
      long delta = step.integer(0);
      body =
          (frame, from, to) -> {
            for (long i = from; i < to; i++) {
              Elements.putLong(type, frame.segment(dst), frame.at(dst), i, start + i * delta);
            }
          };
    }
    lowering.emit(RangeStep.elements("range", dst.fact().shape().elements(), body));
  }
}
