package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Does nothing but read memory: what it reaches on a working set of some size is the bandwidth that
 * layers of that size are measured against. Reading is the fastest way to move bytes; what also
 * writes stays below.
 */
public interface ReadProbe extends Kernel {

  /** What {@code bytes} is a multiple of. */
  int BLOCK_BYTES = 512;

  /**
   * Reads a range some times over.
   *
   * @param memory native, 64-byte aligned
   * @param bytes from the segment's start, a multiple of {@value #BLOCK_BYTES}
   * @return the exclusive or of all int32 words read, so that no read can be left out
   */
  int run(MemorySegment memory, long bytes, int rounds);
}
