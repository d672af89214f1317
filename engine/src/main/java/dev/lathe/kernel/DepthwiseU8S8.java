package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Integer depthwise convolution over one NHWC image, channel multiplier 1, exact int32
 * accumulation: {@code acc = sum over taps inside the image of (A - srcZeroPoint) * W[tap][c]},
 * then the requantization.
 */
public interface DepthwiseU8S8 extends Kernel {

  /** Whether this kernel can compute such a window; one of every plain tier can. */
  default boolean accepts(Window window) {
    return true;
  }

  /**
   * Computes output rows [rowFrom, rowTo).
   *
   * @param weights int16 [kernelHeight * kernelWidth][channels]: weight minus its zero point, in
   *     [-255, 255]; native memory
   * @param epilogue its bias carries no zero-point correction
   * @param srcZeroPoint 0..255
   */
  void run(
      Window window,
      Requantize epilogue,
      MemorySegment weights,
      MemorySegment src,
      long srcAt,
      int srcZeroPoint,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo);
}
