package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;

/** ConvInteger (x, w, x_zero_point, w_zero_point): int32 sums; see {@link IntegerConv}. */
final class ConvInteger implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("ConvInteger"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    return Checks.one(DType.INT32, IntegerConv.infer(inference, 0, 2, 1, 3));
  }

  @Override
  public void lower(Lowering lowering) {
    IntegerConv conv = IntegerConv.of(lowering, 0, 2, 1, 3);
    IntegerConv.Sums sums = conv.emit();
    ZeroPoint zeroPoint = conv.zeroPoint();
    int channels = conv.form().outChannels();
    int pixels = conv.form().pixels();
    Slot dst = lowering.output(0);
    lowering.emit(
        RangeStep.units(
            "channels-first",
            (long) conv.form().images() * channels,
            pixels,
            (frame, from, to) -> {
              int zero = zeroPoint.get(frame, 0);
              for (long unit = from; unit < to; unit++) {
                int channel = (int) (unit % channels);
                int correction = zero * sums.weightSums()[channel];
                long first = unit / channels * pixels * channels + channel;
                long at = frame.at(dst) + 4 * unit * pixels;
                for (int p = 0; p < pixels; p++) {
                  int sum = sums.get(frame, first + (long) p * channels) - correction;
                  frame.segment(dst).set(Tensor.I32, at + 4L * p, sum);
                }
              }
            }));
  }
}
