package dev.lathe.kernel;

import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * How a block of a row of activations becomes int8: {@code x} is about {@code scale * level(x)}.
 *
 * <pre>
 * scale    = max|x| / 127
 * level(x) = rint(x * inverse)          inverse = 127 / max|x|, so -127 .. 127; halves to even
 * </pre>
 *
 * <p>Each operation is rounded to float32. Below {@link #LEAST} everything counts as 0. Where some
 * {@code x} is not finite the scale is NaN and every level 0: the row's results are NaN.
 */
public record RowBlock(float scale, float inverse) {

  /** The least magnitude whose inverse is finite, to a power of two. */
  private static final float LEAST = 0x1p-119f;

  private static final int MOST = 127;

  /** The scale of {@code count} float32 numbers from {@code at} on. */
  public static RowBlock of(MemorySegment row, long at, int count) {
    float max = 0;
    for (int i = 0; i < count; i++) {
      max = Math.max(max, Math.abs(row.get(Tensor.F32, at + 4L * i)));
    }
    if (!(max <= Float.MAX_VALUE)) {
      return new RowBlock(Float.NaN, 0);
    }
    return max < LEAST ? new RowBlock(0, 0) : new RowBlock(max / MOST, MOST / max);
  }

  /** The level of a number of the block. */
  public float level(float x) {
    return inverse == 0 ? 0 : (float) Math.rint(x * inverse);
  }
}
