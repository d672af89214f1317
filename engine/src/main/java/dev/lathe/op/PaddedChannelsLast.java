package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Copies 8-bit images [N, C, spatial...] to uint8 [N, padded spatial..., C], padded with the zero
 * point; int8 becomes uint8, 128 higher.
 */
final class PaddedChannelsLast {

  private PaddedChannelsLast() {}

  static Slot emit(Lowering lowering, int input, IntegerConvForm form, ZeroPoint zeroPoint) {
    Slot src = lowering.input(input);
    long bytes = form.paddedElements();
    Slot dst = lowering.scratch(bytes * form.images());
    lowering.emit(
        RangeStep.units(
            "channels-last",
            form.images(),
            2 * bytes,
            (frame, from, to) -> {
              for (long image = from; image < to; image++) {
                copy(frame, src, dst, form, (byte) zeroPoint.get(frame, 0), image);
              }
            }));
    return dst;
  }

  private static void copy(
      Frame frame, Slot src, Slot dst, IntegerConvForm form, byte zero, long image) {
    SlidingWindow window = form.window();
    int channels = form.channels();
    int flip = src.fact().dtype() == DType.INT8 ? 0x80 : 0;
    MemorySegment in = frame.segment(src);
    MemorySegment out = frame.segment(dst);
    long outAt = frame.at(dst) + image * form.paddedElements();
    out.asSlice(outAt, form.paddedElements()).fill(zero);
    long pixels = 1;
    for (int axis = 0; axis < form.axes(); axis++) {
      pixels *= window.in(axis);
    }
    long inAt = frame.at(src) + image * channels * pixels;
    for (long pixel = 0; pixel < pixels; pixel++) {
      long rest = pixel;
      long stride = channels;
      long to = outAt;
      for (int axis = form.axes() - 1; axis >= 0; axis--) {
        to += (rest % window.in(axis) + window.before(axis)) * stride;
        rest /= window.in(axis);
        stride *= form.padded(axis);
      }
      for (int c = 0; c < channels; c++) {
        byte value = in.get(Tensor.I8, inAt + c * pixels + pixel);
        out.set(Tensor.I8, to + c, (byte) (value ^ flip));
      }
    }
  }
}
