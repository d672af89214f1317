package dev.lathe.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Memory that ends where a page ends that may be neither read nor written after it. */
@SuppressWarnings("restricted")
final class GuardPages {

  private static final long PAGE = 64 << 10; // of the largest pages Linux has by default
  private static final int PROT_NONE = 0;
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;

  private static final MethodHandle MMAP =
      libc(
          "mmap",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MPROTECT =
      libc("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle MUNMAP =
      libc("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));

  private GuardPages() {}

  /** A copy that lives as long as the arena. */
  static MemorySegment copy(Arena arena, MemorySegment content) throws Throwable {
    long usable = Math.ceilDiv(content.byteSize(), PAGE) * PAGE;
    long size = usable + PAGE;
    MemorySegment address =
        (MemorySegment)
            MMAP.invokeExact(
                MemorySegment.NULL, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
    if (address.address() == -1) {
      throw new AssertionError("mmap of " + size + " bytes failed");
    }
    MemorySegment memory = address.reinterpret(size, arena, GuardPages::unmap);
    int failed = (int) MPROTECT.invokeExact(memory.asSlice(usable), PAGE, PROT_NONE);
    if (failed != 0) {
      throw new AssertionError("mprotect failed");
    }
    return memory.asSlice(usable - content.byteSize(), content.byteSize()).copyFrom(content);
  }

  private static void unmap(MemorySegment memory) {
    try {
      int failed = (int) MUNMAP.invokeExact(memory, memory.byteSize());
      if (failed != 0) {
        throw new AssertionError("munmap failed");
      }
    } catch (Throwable thrown) {
      throw new AssertionError(thrown);
    }
  }

  private static MethodHandle libc(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), descriptor);
  }
}
