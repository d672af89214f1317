package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The native library of this process: loaded when first asked for, or a reason why there is none.
 * Asking never fails.
 *
 * @param symbols null when it could not be loaded
 * @param cpuBits {@code LATHE_CPU_*} bits of the tiers that can run
 * @param why where it was loaded from, or why not and what to do
 */
record NativeLibrary(@Nullable Symbols symbols, int cpuBits, String why) {

  /** System property: path of the library, or {@value #OFF}. */
  static final String PROPERTY = "dev.lathe.native";

  static final String OFF = "off";

  /** The library's file name. */
  static final String FILE = "liblathe.so";

  /** The {@code LATHE_CPU_*} bit of each tier. */
  static final Map<Isa, Integer> CPU_BITS =
      Map.of(
          Isa.AVX2, 1,
          Isa.AVXVNNI, 2,
          Isa.AVX512VNNI, 4,
          Isa.AMX, 8,
          Isa.NEONDOT, 16,
          Isa.NEONI8MM, 32);

  /** {@code LATHE_CPU_AMX_REFUSED}. */
  static final int AMX_REFUSED = 64;

  /** Loads on first use; a process that never asks for a native tier never gets here. */
  private static final class Holder {
    static final NativeLibrary HERE =
        load(System.getProperty(PROPERTY, ""), StubResource.userCache());
  }

  static NativeLibrary here() {
    return Holder.HERE;
  }

  /**
   * Loads the library.
   *
   * @param setting a path, {@value #OFF}, or empty for the one in the stubs' jar
   * @param cache where the latter is unpacked
   */
  static NativeLibrary load(String setting, Path cache) {
    if (setting.equals(OFF)) {
      return missing("-D" + PROPERTY + "=" + OFF + " turned native kernels off");
    }
    Path file;
    try {
      file =
          setting.isEmpty()
              ? StubResource.unpacked(NativeLibrary.class.getClassLoader(), cache)
              : Path.of(setting).toRealPath();
    } catch (IOException reason) {
      return missing(
          setting.isEmpty()
              ? String.valueOf(reason.getMessage())
              : "-D" + PROPERTY + "=" + setting + ": no such file");
    }
    try {
      return bound(file);
    } catch (IllegalCallerException denied) {
      return missing("native access is denied: start Java with --enable-native-access=dev.lathe");
    } catch (UnsupportedOperationException noLinker) {
      return missing("this JVM cannot call native code on " + StubResource.platform());
    } catch (IllegalArgumentException reason) {
      return missing(
          file
              + " cannot be used: "
              + reason.getMessage()
              + "; if its folder is mounted noexec, point -D"
              + PROPERTY
              + " at a copy elsewhere");
    }
  }

  @SuppressWarnings("restricted")
  private static NativeLibrary bound(Path file) {
    Symbols symbols = Symbols.bind(SymbolLookup.libraryLookup(file, Arena.global()));
    int abi = symbols.libraryAbi();
    if (abi != Symbols.ABI) {
      throw new IllegalArgumentException(
          "its interface has version " + abi + ", this build needs " + Symbols.ABI);
    }
    int cpuBits =
        symbols.cpuBits(
            AuxiliaryVector.get(AuxiliaryVector.HWCAP),
            AuxiliaryVector.get(AuxiliaryVector.HWCAP2));
    return new NativeLibrary(symbols, cpuBits, "loaded from " + file);
  }

  private static NativeLibrary missing(String why) {
    return new NativeLibrary(null, 0, why);
  }

  /** Whether the processor and the operating system have a tier that this library has. */
  boolean has(Isa isa) {
    return symbols != null
        && (cpuBits & CPU_BITS.getOrDefault(isa, 0)) != 0
        && symbols.hasKernelOf(isa);
  }

  /** Why a tier is or isn't there. */
  String why(Isa isa) {
    if (symbols == null || has(isa)) {
      return why;
    }
    if (isa == Isa.AMX && (cpuBits & AMX_REFUSED) != 0) {
      return "the processor has it, but the kernel refused this process permission to use its tiles"
          + " (arch_prctl, ARCH_REQ_XCOMP_PERM): a container's system call filter may forbid it";
    }
    return symbols.hasKernelOf(isa)
        ? "the processor lacks it or the operating system has it switched off"
        : "this build has no native kernels for it on " + StubResource.platform();
  }
}
