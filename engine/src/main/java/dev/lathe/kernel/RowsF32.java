package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * fp32 functions of whole contiguous rows. Sums run in 16 interleaved partial sums (element i to
 * partial i mod 16) that are then added pairwise (8 apart, 4, 2, 1), on every tier: results are
 * bit-identical.
 */
public interface RowsF32 extends Kernel {

  /** What is computed. */
  enum Function {
    /** e = exp(x - max); e * (1 / sum e). */
    SOFTMAX,
    /** (x - max) - ln(sum exp(x - max)). */
    LOG_SOFTMAX,
    /**
     * d = x - (sum x) / n; v = (sum fma(d, d)) / n; y = d * (1 / sqrt(v + epsilon)); then y *
     * scale, or fma(y, scale, bias).
     */
    LAYER_NORM,
    /** v = (sum fma(x, x)) / n; y = x * (1 / sqrt(v + epsilon)); then as LAYER_NORM. */
    RMS_NORM;

    /** Whether {@code scale} and {@code bias} apply. */
    public boolean isAffine() {
      return this == LAYER_NORM || this == RMS_NORM;
    }
  }

  /**
   * Computes rows of {@code length} elements; src and dst may be the same memory.
   *
   * @param scale float32 [length] for an affine function, else null
   * @param bias float32 [length] for an affine function, or null
   */
  void run(
      Function function,
      float epsilon,
      @Nullable MemorySegment scale,
      @Nullable MemorySegment bias,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      int length,
      long rows);
}
