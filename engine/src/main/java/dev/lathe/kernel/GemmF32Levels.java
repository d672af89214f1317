package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * fp32 activations times weights of 2, 4 or 8 bits, which are read as they lie packed: products of
 * so few rows that reading the weights is most of the work.
 *
 * <p>Every output is, whatever the tile, the vector width and the thread count,
 *
 * <pre>
 * e, o = 0; S, T = 0                            per block of k
 *   e = fma(a[k], q[k][n], e)   S = a[k] + S    over the even k, in order
 *   o = fma(a[k], q[k][n], o)   T = a[k] + T    over the odd k
 *   d = e + o                                   without zero points
 *   d = fma(z[block][n], -(S + T), e + o)       with
 *   acc = fma(scale[block][n], d, acc)          from acc = +0, over the blocks in order
 * C = epilogue(acc)
 * </pre>
 *
 * <p>All in float32. Zero points come off the sum, not off each level: results differ from a
 * product with dequantized weights by rounding only.
 */
public interface GemmF32Levels extends Kernel {

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
