package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * int32 sums of an integer product to float32, when the activation's quantization is known only in
 * the run:
 *
 * <pre>
 * C = float(acc - zeroPoint * columnSums[n]) * (scale * scales[n]) + bias[n]
 * </pre>
 *
 * Integers wrap; every float operation is a single IEEE float32 operation, none is fused.
 */
public interface SumsF32 extends Kernel {

  /**
   * What does not change from run to run: native memory, padded to 64 bytes.
   *
   * @param columnSums int32 [n], sums over the columns of the right operand
   * @param scales float32 [n]
   * @param bias float32 [n], or null
   */
  record Columns(MemorySegment columnSums, MemorySegment scales, @Nullable MemorySegment bias) {}

  /**
   * Converts columns [nFrom, nTo) of {@code rows} rows; both operands begin with column 0 of the
   * first row and may be the same memory.
   *
   * @param stride elements from a row to the next, of both operands
   */
  void run(
      Columns columns,
      int zeroPoint,
      float scale,
      MemorySegment sums,
      long sumsAt,
      MemorySegment dst,
      long dstAt,
      long stride,
      int rows,
      int nFrom,
      int nTo);
}
