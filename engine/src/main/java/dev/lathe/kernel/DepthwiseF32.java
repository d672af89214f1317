package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * fp32 depthwise convolution over one NHWC image, channel multiplier 1. Each output is one chain of
 * fused multiply-adds over the taps inside the image in row-major order, starting from +0, then the
 * epilogue.
 */
public interface DepthwiseF32 extends Kernel {

  /**
   * Computes output rows [rowFrom, rowTo).
   *
   * @param weights float32 [kernelHeight * kernelWidth][channels], native memory
   * @param addend NHWC like the output, null unless the epilogue has one
   */
  void run(
      Window window,
      FloatEpilogue epilogue,
      MemorySegment weights,
      MemorySegment src,
      long srcAt,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo);
}
