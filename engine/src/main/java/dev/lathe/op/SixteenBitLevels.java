package dev.lathe.op;

import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** Levels of 16 bits with one scale: loops without a branch on the type of an element. */
final class SixteenBitLevels {

  private SixteenBitLevels() {}

  static boolean are(DType type) {
    return type == DType.UINT16 || type == DType.INT16;
  }

  /** float32 to levels: {@code saturate(rint(x / scale) + zeroPoint)}; NaN gives the zero point. */
  static void quantize(Lowering lowering, Slot dst) {
    Slot src = lowering.input(0);
    QuantSlots params = QuantSlots.of(lowering);
    boolean signed = dst.fact().dtype() == DType.INT16;
    int low = signed ? Short.MIN_VALUE : 0;
    int high = signed ? Short.MAX_VALUE : 0xffff;
    lowering.emit(
        RangeStep.elements(
            "quantize",
            dst.fact().shape().elements(),
            (frame, from, to) -> {
              float scale = params.scale(frame, 0);
              long zeroPoint = params.zeroPoint(frame, 0);
              MemorySegment in = frame.segment(src);
              MemorySegment out = frame.segment(dst);
              long x = frame.at(src);
              long q = frame.at(dst);
              for (long i = from; i < to; i++) {
                int steps = (int) Math.rint(in.get(Tensor.F32, x + 4 * i) / scale);
                int level = Math.clamp(steps + zeroPoint, low, high);
                out.set(Tensor.I16, q + 2 * i, (short) level);
              }
            }));
  }

  /** Levels to float32: {@code float(level - zeroPoint) * scale}. */
  static void dequantize(Lowering lowering, Slot dst) {
    Slot src = lowering.input(0);
    QuantSlots params = QuantSlots.of(lowering);
    int mask = src.fact().dtype() == DType.INT16 ? -1 : 0xffff;
    lowering.emit(
        RangeStep.elements(
            "dequantize",
            dst.fact().shape().elements(),
            (frame, from, to) -> {
              float scale = params.scale(frame, 0);
              int zeroPoint = (int) params.zeroPoint(frame, 0);
              MemorySegment in = frame.segment(src);
              MemorySegment out = frame.segment(dst);
              long q = frame.at(src);
              long x = frame.at(dst);
              for (long i = from; i < to; i++) {
                int level = in.get(Tensor.I16, q + 2 * i) & mask;
                out.set(Tensor.F32, x + 4 * i, (level - zeroPoint) * scale);
              }
            }));
  }
}
