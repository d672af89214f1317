package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;

/**
 * The smallest and the largest of contiguous float32 elements. Both are NaN when any element is.
 */
public interface RangeF32 extends Kernel {

  /**
   * Stores the smallest, then the largest.
   *
   * @param count at least 1
   */
  void run(MemorySegment src, long srcAt, MemorySegment dst, long dstAt, long count);
}
