package dev.lathe.kernel.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory of a thread for the time of one kernel call; kept for the next one, so that kernels
 * allocate nothing once they have seen their largest problem.
 */
final class Scratch {

  private static final long ALIGNMENT = 64;

  private static final ThreadLocal<MemorySegment> MEMORY =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(1 << 16, ALIGNMENT));

  private Scratch() {}

  /**
   * The address of at least {@code bytes} bytes, 64-byte aligned and of any content; the thread's
   * until its next call of this method.
   */
  static long address(long bytes) {
    MemorySegment memory = MEMORY.get();
    if (memory.byteSize() < bytes) {
      memory = Arena.ofAuto().allocate(bytes, ALIGNMENT);
      MEMORY.set(memory);
    }
    return memory.address();
  }
}
