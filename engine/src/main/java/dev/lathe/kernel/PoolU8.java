package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * uint8 pooling over one NHWC image. Taps outside the image are ignored; every output pixel has at
 * least one inside.
 *
 * <p>Max compares the stored values (input and output have the same quantization). Average: {@code
 * saturate_u8(rint(float(sum of (tap - zeroPoint)) * ratio[pixel]) + outZeroPoint)} with an exact
 * int32 sum.
 */
public interface PoolU8 extends Kernel {

  /**
   * Computes output rows [rowFrom, rowTo).
   *
   * @param ratios for average: float32 [outHeight * outWidth] = sx / (sy * taps counted); null for
   *     max
   */
  void run(
      Window window,
      @Nullable MemorySegment ratios,
      int zeroPoint,
      int outZeroPoint,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo);
}
