package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Integer batch-reduce GEMM: uint8 activations times 8-bit weights, exact int32 accumulation,
 * bit-identical on all tiers.
 *
 * <p>The accumulator is {@code acc[i][j] = sum_t sum_k A_t[i][k] * (B_t[k][j] - rhsZeroPoint[j])}.
 * The activation's zero point is not subtracted: the caller folds {@code -lhsZeroPoint * sum_t,k (B
 * - rhsZeroPoint)} into the bias, and the zero row holds the activation's zero point.
 */
public interface GemmU8S8 extends Kernel {

  int mr();

  /** Columns that a product is split into multiples of; {@link #run} may begin at any multiple. */
  int nr();

  /**
   * Whether this kernel is meant for such a product; any other it computes as correctly, but
   * another kernel of its tier does it faster or with smaller weights.
   */
  default boolean accepts(GemmShape shape) {
    return true;
  }

  /** The layout {@code rhs} must have; it is packed from int8. */
  PackedLayout rhsLayout();

  /** Bytes of working memory one call of {@link #run} needs; 0 when none. */
  long scratchBytes(GemmShape shape);

  /**
   * Computes rows [mFrom, mTo) and columns [nFrom, nTo) and stores what the epilogue makes of them:
   * uint8 or int32, the strides of C in elements of that type.
   *
   * @param rhs packed weights, whole; unsigned weights are stored minus 128 and their zero points
   *     too
   * @param rhsZeroPoints int32 [n] (padded to 64 bytes), or null when all are zero
   * @param zeroRow at least k bytes, each the activation's zero point; may be null when the shape
   *     has no padding
   * @param addend uint8, null unless the epilogue has one
   * @param scratch at least {@link #scratchBytes}, 64-byte aligned, private to the calling thread
   */
  void run(
      GemmShape shape,
      IntegerEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      long rhsAt,
      @Nullable MemorySegment rhsZeroPoints,
      @Nullable MemorySegment zeroRow,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment scratch,
      long scratchAt,
      MemorySegment dst,
      long dstAt,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo);
}
