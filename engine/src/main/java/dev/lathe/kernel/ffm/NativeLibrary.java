package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.cpu.UserCache;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
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

  /**
   * System property: {@value #AUTO} (as when it is not set) uses the library of the stubs' jar
   * where it can; {@value #ON} and a path insist on a library; {@value #OFF} loads none.
   */
  static final String PROPERTY = "dev.lathe.native";

  static final String AUTO = "auto";
  static final String ON = "on";
  static final String OFF = "off";

  /** The library's file name. */
  static final String FILE = "liblathe.so";

  /** The {@code LATHE_CPU_*} bit of each tier. */
  static final Map<Isa, Integer> CPU_BITS =
      Map.of(
          Isa.AVX2, 1,
          Isa.AVXVNNI, 2,
          Isa.AVX512VNNI, 4,
          Isa.AVX512POPCNT, 256,
          Isa.AMX, 8,
          Isa.AMXBF16, 128,
          Isa.NEONDOT, 16,
          Isa.NEONI8MM, 32);

  /** {@code LATHE_CPU_AMX_REFUSED}. */
  static final int AMX_REFUSED = 64;

  /** Loads on first use; a process that never asks for a native tier never gets here. */
  private static final class Holder {
    static final String SETTING = System.getProperty(PROPERTY, AUTO);
    static final NativeLibrary HERE = load(SETTING, UserCache.folder());
  }

  static NativeLibrary here() {
    return Holder.HERE;
  }

  /**
   * Nothing where kernels may be missing or {@link #here} has some.
   *
   * @throws UsageException when the setting insists on a library that can't be used
   */
  static void checkSetting() {
    here().check(Holder.SETTING);
  }

  void check(String setting) {
    if (symbols == null && !mayBeMissing(setting)) {
      throw new UsageException(
          new Problem(
              "the native kernels asked for cannot be used",
              option(setting),
              why,
              "name a library built with this version, or leave the choice to Lathe with "
                  + option(AUTO)));
    }
  }

  private static boolean mayBeMissing(String setting) {
    return setting.isEmpty() || setting.equals(AUTO) || setting.equals(OFF);
  }

  private static String option(String setting) {
    return "-D" + PROPERTY + "=" + setting;
  }

  /**
   * Loads the library.
   *
   * @param setting the value of {@value #PROPERTY}; empty is {@value #AUTO}
   * @param cache where the one in the stubs' jar is unpacked
   */
  static NativeLibrary load(String setting, Path cache) {
    if (setting.equals(OFF)) {
      return missing(option(OFF) + " turned native kernels off");
    }
    boolean fromJar = mayBeMissing(setting) || setting.equals(ON);
    Path file;
    try {
      file =
          fromJar
              ? StubResource.unpacked(NativeLibrary.class.getClassLoader(), cache)
              : Path.of(setting).toRealPath();
    } catch (IOException reason) {
      return missing(
          fromJar ? String.valueOf(reason.getMessage()) : option(setting) + ": no such file");
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
              + "; if its folder is mounted noexec, name a copy elsewhere with "
              + option("PATH"));
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
    if ((isa == Isa.AMX || isa == Isa.AMXBF16) && (cpuBits & AMX_REFUSED) != 0) {
      return "the processor has it, but the kernel refused this process permission to use its tiles"
          + " (arch_prctl, ARCH_REQ_XCOMP_PERM): a container's system call filter may forbid it";
    }
    return symbols.hasKernelOf(isa)
        ? "the processor lacks it or the operating system has it switched off"
        : "this build has no native kernels for it on " + StubResource.platform();
  }
}
