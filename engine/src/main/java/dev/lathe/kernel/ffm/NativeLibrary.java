package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The native library of this process: loaded when first asked for, or a reason why there is none.
 * Asking never fails.
 *
 * @param symbols null when it could not be loaded
 * @param why where it was loaded from, or why not and what to do
 */
record NativeLibrary(@Nullable Symbols symbols, String why) {

  /** System property: path of the library, or {@value #OFF}. */
  static final String PROPERTY = "dev.lathe.native";

  static final String OFF = "off";

  /** The library's file name. */
  static final String FILE = "liblathe.so";

  /** {@code LATHE_CPU_AVX512VNNI}. */
  static final int CPU_AVX512VNNI = 1;

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
    return new NativeLibrary(symbols, "loaded from " + file);
  }

  private static NativeLibrary missing(String why) {
    return new NativeLibrary(null, why);
  }

  /** Whether the processor and the operating system have a tier that this library has. */
  boolean has(Isa isa) {
    return symbols != null && isa == Isa.AVX512VNNI && (symbols.cpuBits() & CPU_AVX512VNNI) != 0;
  }

  /** Why a tier is or isn't there. */
  String why(Isa isa) {
    if (isa != Isa.AVX512VNNI) {
      return "this build has no native kernels for it";
    }
    return symbols == null || has(isa)
        ? why
        : "the processor lacks it or the operating system has it switched off";
  }
}
