package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * BatchNormalization of any floating-point types, computed in double; with the batch's own mean and
 * variance when it trains, which then also move the running ones (Ioffe and Szegedy, 2015).
 */
final class PlainBatchNormalization {

  private final Lowering lowering;
  private final Shape shape;
  private final long channels;
  private final long inner;

  private PlainBatchNormalization(Lowering lowering) {
    this.lowering = lowering;
    this.shape = lowering.fact(0).shape();
    this.channels = shape.dim(1);
    this.inner = shape.product(2, shape.rank());
  }

  static void emit(Lowering lowering, boolean trains) {
    PlainBatchNormalization form = new PlainBatchNormalization(lowering);
    if (trains) {
      Slot mean = lowering.scratch(form.channels * 8);
      Slot variance = lowering.scratch(form.channels * 8);
      form.measure(mean, variance);
      form.normalize(mean, variance, DType.FLOAT64);
      form.move(1, 3, mean);
      form.move(2, 4, variance);
    } else {
      form.normalize(lowering.input(3), lowering.input(4), null);
    }
  }

  private void measure(Slot mean, Slot variance) {
    Slot src = lowering.input(0);
    DType type = src.fact().dtype();
    Nest group = Nest.of(new long[] {shape.dim(0), inner}, new long[] {channels * inner, 1});
    lowering.emit(
        RangeStep.units(
            "batch statistics",
            channels,
            group.outer(0) * 8,
            (frame, from, to) -> {
              MemorySegment x = frame.segment(src);
              for (long c = from; c < to; c++) {
                double m = Moments.mean(type, x, frame.at(src), c * inner, group);
                double v = Moments.variance(type, x, frame.at(src), c * inner, group, m);
                frame.segment(mean).set(Tensor.F64, frame.at(mean) + 8 * c, m);
                frame.segment(variance).set(Tensor.F64, frame.at(variance) + 8 * c, v);
              }
            }));
  }

  private void normalize(Slot mean, Slot variance, @Nullable DType statistics) {
    Slot src = lowering.input(0);
    Slot scale = lowering.input(1);
    Slot bias = lowering.input(2);
    Slot dst = lowering.output(0);
    DType type = dst.fact().dtype();
    double epsilon = lowering.node().floatAttribute("epsilon", 1e-5f);
    lowering.emit(
        RangeStep.units(
            "batchnorm",
            shape.dim(0) * channels,
            inner * 8,
            (frame, from, to) -> {
              for (long plane = from; plane < to; plane++) {
                long c = plane % channels;
                double m = get(frame, mean, statistics, c);
                double v = get(frame, variance, statistics, c);
                double factor = get(frame, scale, null, c) / Math.sqrt(v + epsilon);
                double shift = get(frame, bias, null, c) - m * factor;
                for (long i = plane * inner; i < (plane + 1) * inner; i++) {
                  double x = Elements.getDouble(type, frame.segment(src), frame.at(src), i);
                  double y = x * factor + shift;
                  Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, y);
                }
              }
            }));
  }

  /** Output = running input * momentum + statistics * (1 - momentum). */
  private void move(int output, int input, Slot statistics) {
    if (!lowering.isUsed(output)) {
      return;
    }
    double momentum = lowering.node().floatAttribute("momentum", 0.9f);
    Slot running = lowering.input(input);
    Slot dst = lowering.output(output);
    lowering.emit(
        RangeStep.elements(
            "batch statistics",
            channels,
            (frame, from, to) -> {
              for (long c = from; c < to; c++) {
                double old = get(frame, running, null, c);
                double now = get(frame, statistics, DType.FLOAT64, c);
                Elements.putDouble(
                    dst.fact().dtype(),
                    frame.segment(dst),
                    frame.at(dst),
                    c,
                    old * momentum + now * (1 - momentum));
              }
            }));
  }

  /** An element; {@code type} is that of scratch memory, null for a value of the graph. */
  private static double get(Frame frame, Slot slot, @Nullable DType type, long index) {
    DType actual = type == null ? slot.fact().dtype() : type;
    return Elements.getDouble(actual, frame.segment(slot), frame.at(slot), index);
  }
}
