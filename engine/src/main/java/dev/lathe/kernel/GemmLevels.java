package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * fp32 activations times weights of a few bits, which are read as they lie packed: products of so
 * few rows that reading the weights is most of the work. {@link GemmF32Levels} and {@link
 * GemmS8Levels} say how they are computed.
 */
public interface GemmLevels extends Kernel {

  /** Bits of a level. */
  int bits();

  /** Rows of the register tile; row ranges of parallel parts start at multiples of it. */
  int mr();

  /** Columns of the register tile; column ranges of parallel parts start at multiples of it. */
  int nr();

  /** The layout {@code rhs} must have; it is packed from int8. */
  PackedLayout rhsLayout();

  /**
   * Computes rows [mFrom, mTo) and columns [nFrom, nTo).
   *
   * <p>All segments are native; {@code *At} are byte offsets into them. {@code nFrom} is a multiple
   * of nr.
   *
   * @param shape of a product: one tap, no table of rows
   * @param rhs packed B, whole
   * @param addend null unless the epilogue has one
   */
  void run(
      GemmShape shape,
      FloatEpilogue epilogue,
      LevelBlocks blocks,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo);
}
