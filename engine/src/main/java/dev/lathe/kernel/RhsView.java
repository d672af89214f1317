package dev.lathe.kernel;

import dev.lathe.tensor.Tensor;
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

  /**
   * Reads column {@code nn} of 8-bit elements, {@code to[kk * taps + t] = B[t][kk][nn]}: in one
   * copy where it lies so, as in convolution weights and transposed matrices.
   */
  public void readColumn(int nn, byte[] to) {
    if (kStride == taps && (taps == 1 || tapStride == 1)) {
      MemorySegment.copy(data, Tensor.I8, index(0, 0, nn), to, 0, k * taps);
      return;
    }
    for (int kk = 0; kk < k; kk++) {
      for (int t = 0; t < taps; t++) {
        to[kk * taps + t] = data.get(Tensor.I8, index(t, kk, nn));
      }
    }
  }

  /**
   * Reads {@code rows} elements per tap of column {@code nn} of float32, {@code to[at + i * taps +
   * t] = B[t][kk + i][nn]}, as {@link #readColumn(int, byte[])} does.
   */
  public void readColumn(int nn, int kk, int rows, float[] to, int at) {
    if (kStride == taps && (taps == 1 || tapStride == 1)) {
      MemorySegment.copy(data, Tensor.F32, 4 * index(0, kk, nn), to, at, rows * taps);
      return;
    }
    for (int i = 0; i < rows; i++) {
      for (int t = 0; t < taps; t++) {
        to[at + i * taps + t] = data.get(Tensor.F32, 4 * index(t, kk + i, nn));
      }
    }
  }
}
