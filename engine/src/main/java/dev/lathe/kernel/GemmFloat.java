package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Batch-reduce GEMM over a packed right operand, from float32 to float32. The contracts below this
 * one say how it multiplies.
 */
public interface GemmFloat extends Kernel {

  /** Rows of the register tile; row ranges of parallel parts start at multiples of it. */
  int mr();

  /** Columns of the register tile; column ranges of parallel parts start at multiples of it. */
  int nr();

  /** The layout {@code rhs} must have. */
  PackedLayout rhsLayout();

  /**
   * Computes rows [mFrom, mTo) and columns [nFrom, nTo).
   *
   * <p>All segments are native; {@code *At} are byte offsets into them. {@code nFrom} is a multiple
   * of nr.
   *
   * @param rhs packed B, whole (all n)
   * @param zeroRow at least k zeros, read in place of padding rows; may be null when the shape has
   *     none
   * @param addend null unless the epilogue has one
   */
  void run(
      GemmShape shape,
      FloatEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      long rhsAt,
      @Nullable MemorySegment zeroRow,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo);
}
