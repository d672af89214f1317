package dev.lathe.kernel;

import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The geometry of a batch-reduce matrix product {@code C[m x n] = sum_t A_t[m x k] * B_t[k x n]}, t
 * in [0, taps).
 *
 * <p>A matrix product has one tap; a KxK convolution over NHWC has one per kernel position, and row
 * i of A_t is the k channels of the input pixel that output pixel i sees there, so no im2col is
 * made.
 *
 * <pre>
 * rowOffsets == null: A_t row i starts at element lhs + i * lhsStride + t * k       (taps contiguous)
 * rowOffsets != null: A_t row i starts at element lhs + rowOffsets[t * m + i];      int32, in elements
 *                     a negative entry is padding: the row is read from the zero row instead
 * C row i starts at element dst + i * dstStride
 * </pre>
 *
 * @param rowOffsets int32 [taps][m] or null; native memory
 */
public record GemmShape(
    int m,
    int n,
    int k,
    int taps,
    long lhsStride,
    @Nullable MemorySegment rowOffsets,
    long dstStride) {

  /** Element offset that marks a padding row. */
  public static final int PADDING = -1;

  /** A plain product: rows of {@code k} elements {@code lhsStride} apart. */
  public static GemmShape product(int m, int n, int k, long lhsStride, long dstStride) {
    return new GemmShape(m, n, k, 1, lhsStride, null, dstStride);
  }

  /** Length of the whole reduction. */
  public int depth() {
    return Math.multiplyExact(k, taps);
  }

  /** Multiply-accumulates. */
  public long macs() {
    return (long) m * n * k * taps;
  }

  /**
   * Element offset of row {@code i} of tap {@code t} relative to the lhs base, or {@link #PADDING}.
   */
  public long rowOffset(int t, int i) {
    return rowOffsets == null
        ? i * lhsStride + (long) t * k
        : rowOffsets.get(Tensor.I32, 4L * ((long) t * m + i));
  }
}
