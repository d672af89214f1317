package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What the levels of a right operand B[k][n] stand for: {@code (level - zero point) * scale}, with
 * one scale and zero point per column and block of consecutive k, in native memory.
 *
 * @param size levels of a block, a multiple of 16; the last block of a column may have fewer
 * @param scales float32 [N/16][blocks][16], zero past n
 * @param zeroPoints likewise, in units of the signed levels; or null when all are zero
 */
public record LevelBlocks(int size, MemorySegment scales, @Nullable MemorySegment zeroPoints) {

  /** What {@link #size} is a multiple of. */
  public static final int GRAIN = 16;

  public LevelBlocks {
    if (size < 1 || size % GRAIN != 0) {
      throw new IllegalArgumentException("blocks of " + size + ", not of a multiple of " + GRAIN);
    }
  }

  /** Blocks of a column of k levels. */
  public int count(int k) {
    return Math.ceilDiv(k, size);
  }
}
