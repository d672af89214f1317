package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * fp32 pooling over one NHWC image. Taps outside the image are ignored.
 *
 * <p>Max: the largest tap, NaN if any is NaN. Average: the sum of the taps in row-major order
 * starting from +0, divided by the output pixel's divisor (so that the caller decides whether
 * padding counts).
 */
public interface PoolF32 extends Kernel {

  /**
   * Computes output rows [rowFrom, rowTo).
   *
   * @param divisors float32 [outHeight * outWidth] for average, null for max
   */
  void run(
      Window window,
      @Nullable MemorySegment divisors,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo);
}
