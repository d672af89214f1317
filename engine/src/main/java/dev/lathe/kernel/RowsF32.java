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
    SOFTMAX,
    LOG_SOFTMAX,
    /** (x - mean) / sqrt(variance + epsilon) * scale + bias. */
    LAYER_NORM
  }

  /**
   * Computes rows of {@code length} elements; src and dst may be the same memory.
   *
   * @param scale float32 [length] for LAYER_NORM, else null
   * @param bias float32 [length] for LAYER_NORM, or null
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
