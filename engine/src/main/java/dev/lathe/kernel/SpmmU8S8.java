package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Integer convolutions and products with sparse weights: uint8 activations times int8 weights,
 * exact int32 accumulation. Blocks of {@link #nr} output channels by four consecutive input
 * channels that are all zero are left out, which changes no sum: the results are those of {@link
 * GemmU8S8} without zero points of the weights, bit for bit, on all tiers.
 *
 * <p>Inputs outside the image are the activation's zero point. As in {@link GemmU8S8}, it is not
 * subtracted but folded into the bias.
 */
public interface SpmmU8S8 extends Spmm {

  /** Bytes of working memory one call of {@link #run} needs. */
  long scratchBytes(SlabShape shape);

  /**
   * Computes output rows [rowFrom, rowTo) of one image, all columns and channels, and stores what
   * the epilogue makes of them: uint8 or int32, the strides of the result in elements of that type.
   *
   * <p>All segments are native; {@code *At} are byte offsets into them.
   *
   * @param shape made for this kernel
   * @param lhs the image, from its first pixel's first channel on
   * @param lhsZeroPoint 0..255
   * @param rhs packed weights
   * @param addend uint8, null unless the epilogue has one
   * @param scratch at least {@link #scratchBytes}, 64-byte aligned, private to the calling thread
   */
  void run(
      SlabShape shape,
      IntegerEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      int lhsZeroPoint,
      MemorySegment rhs,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment scratch,
      long scratchAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo);
}
