package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Products of signs: activations in {-1, 0, 1}, packed by {@link SignsF32}, times weights in {-1,
 * 1}.
 *
 * <pre>
 * d = sum over t, k of a[m][t][k] * w[t][k][n]        exact, int32
 *   = nonzeros(a[m]) - 2 * bits((negative(a[m]) xor negative(w[n])) and nonzero(a[m]))
 * C = epilogue(float(d) * scale[n])                   one rounding to float, one of the product
 * </pre>
 *
 * <p>Nothing depends on an order: results are bit-identical on all tiers. A convolution's rows are
 * gathered before, with zeros for padding.
 */
public interface GemmB1 extends Kernel {

  /** What the number of scales is padded to a multiple of. */
  int SCALES = 32;

  /** Rows of the register tile; row ranges of parallel parts start at multiples of it. */
  int mr();

  /** Columns of the register tile; column ranges of parallel parts start at multiples of it. */
  int nr();

  /** The layout {@code rhs} must have; it is packed from float32, whose signs count. */
  PackedLayout rhsLayout();

  /**
   * Computes rows [mFrom, mTo) and columns [nFrom, nTo).
   *
   * <p>All segments are native; {@code *At} are byte offsets into them. {@code nFrom} is a multiple
   * of nr.
   *
   * @param shape of a product without table of rows; its k counts signs, but the stride of A words
   *     of 32: the signs of tap t start t * ceil(k / 32) words into a row
   * @param scales float32 [n], padded with zeros to a multiple of {@link #SCALES}
   * @param lhs the plane of negatives of A
   * @param nonzeroStep bytes from there to the plane of nonzeros, or 0 when no activation is 0
   * @param rhs packed B, whole (all n)
   * @param addend null unless the epilogue has one
   */
  void run(
      GemmShape shape,
      FloatEpilogue epilogue,
      MemorySegment scales,
      MemorySegment lhs,
      long lhsAt,
      long nonzeroStep,
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
