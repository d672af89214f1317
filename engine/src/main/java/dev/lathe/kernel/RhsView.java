package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;

/**
 * A right operand B[taps][k][n] as strides over memory in any order: element (t, kk, nn) lies at
 * {@code base + t * tapStride + kk * kStride + nn * nStride}, in elements of the layout's type
 * (float32, int8 or uint8).
 */
public record RhsView(
    MemorySegment data,
    long base,
    int taps,
    int k,
    int n,
    long tapStride,
    long kStride,
    long nStride) {

  /** Row-major B[k][n]. */
  public static RhsView rowMajor(MemorySegment data, int k, int n) {
    return new RhsView(data, 0, 1, k, n, 0, n, 1);
  }

  /** Transposed storage: B[n][k] row-major, read as B[k][n]. */
  public static RhsView transposed(MemorySegment data, int k, int n) {
    return new RhsView(data, 0, 1, k, n, 0, 1, k);
  }

  public long index(int t, int kk, int nn) {
    return base + t * tapStride + kk * kStride + nn * nStride;
  }
}
