package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * fp32 convolutions and products with sparse weights: SpMM over blocks of an image, channels first.
 *
 * <p>Every output is the chain of fused multiply-adds of {@link GemmF32} without those whose weight
 * is zero, in the same order. The results are therefore equal to the dense ones on all tiers, but
 * that a zero may have the other sign, and that an infinity or NaN does not pass where it meets a
 * zero weight.
 */
public interface SpmmF32 extends Spmm {

  @Override
  default int planes(int k) {
    return k;
  }

  /**
   * Computes output rows [rowFrom, rowTo) of one image, all columns and channels.
   *
   * <p>All segments are native; {@code *At} are byte offsets into them.
   *
   * @param shape made for tiles of {@link #mr} positions
   * @param lhs the image, from its first pixel's first channel on
   * @param rhs packed weights
   * @param addend null unless the epilogue has one
   */
  void run(
      SlabShape shape,
      FloatEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo);
}
