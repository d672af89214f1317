package dev.lathe.kernel.ffm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * What the Linux kernel told this process when it started, by {@code getauxval(3)}: the one source
 * for the features of an ARM processor that needs no file and that emulators answer, too.
 */
final class AuxiliaryVector {

  /** {@code AT_HWCAP}. */
  static final long HWCAP = 16;

  /** {@code AT_HWCAP2}. */
  static final long HWCAP2 = 26;

  private AuxiliaryVector() {}

  /** An entry, or 0 when there is none or the system has no such function. */
  @SuppressWarnings("restricted")
  static long get(long type) {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> function = linker.defaultLookup().find("getauxval");
    if (function.isEmpty()) {
      return 0;
    }
    MethodHandle handle =
        linker.downcallHandle(function.get(), FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
    try {
      return (long) handle.invokeExact(type);
    } catch (Throwable thrown) {
      throw new AssertionError("native code throws no exceptions", thrown);
    }
  }
}
