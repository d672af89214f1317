package dev.lathe.op;

import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** int8 values as uint8, 128 higher, which is what the integer kernels take on the left. */
final class ByteShiftStep {

  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

  private ByteShiftStep() {}

  /** The input itself when it is uint8, else working memory that gets the shifted values. */
  static Slot unsigned(Lowering lowering, int input) {
    Slot src = lowering.input(input);
    if (src.fact().dtype() == DType.UINT8) {
      return src;
    }
    long count = src.fact().shape().elements();
    Slot dst = lowering.scratch(count);
    lowering.emit(
        RangeStep.elements(
            "shift",
            count,
            (frame, from, to) ->
                flip(
                    frame.segment(src),
                    frame.at(src) + from,
                    frame.segment(dst),
                    frame.at(dst) + from,
                    to - from)));
    return dst;
  }

  /** Copies bytes with their highest bit inverted: int8 to uint8 plus 128, and back. */
  static void flip(MemorySegment src, long srcAt, MemorySegment dst, long dstAt, long count) {
    long i = 0;
    for (; i <= count - 8; i += 8) {
      dst.set(Tensor.I64, dstAt + i, src.get(Tensor.I64, srcAt + i) ^ HIGH_BITS);
    }
    for (; i < count; i++) {
      dst.set(Tensor.I8, dstAt + i, (byte) (src.get(Tensor.I8, srcAt + i) ^ 0x80));
    }
  }
}
