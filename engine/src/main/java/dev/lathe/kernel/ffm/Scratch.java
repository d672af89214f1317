package dev.lathe.kernel.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A thread's memory for products that need some, kept for the next one. */
final class Scratch {

  private static final ThreadLocal<MemorySegment> MEMORY =
      ThreadLocal.withInitial(() -> MemorySegment.NULL);

  private Scratch() {}

  /** The address of {@code bytes} bytes, aligned to 64; valid until this thread asks again. */
  static long address(long bytes) {
    MemorySegment memory = MEMORY.get();
    if (memory.byteSize() < bytes) {
      memory = Arena.ofAuto().allocate(bytes, 64);
      MEMORY.set(memory);
    }
    return memory.address();
  }
}
