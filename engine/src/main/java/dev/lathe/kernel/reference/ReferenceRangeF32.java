package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.RangeF32;
import java.lang.foreign.MemorySegment;

/** {@link RangeF32}, one element after the other. */
final class ReferenceRangeF32 implements RangeF32 {

  @Override
  public KernelName name() {
    return KernelName.of("f32", "range", Isa.SCALAR);
  }

  @Override
  public void run(MemorySegment src, long srcAt, MemorySegment dst, long dstAt, long count) {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    for (long i = 0; i < count; i++) {
      float x = src.get(F32, srcAt + 4 * i);
      min = Math.min(min, x);
      max = Math.max(max, x);
    }
    dst.set(F32, dstAt, min);
    dst.set(F32, dstAt + 4, max);
  }
}
