package dev.lathe.kernel.ffm;

import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.DepthwiseU8S8;
import dev.lathe.kernel.GemmB1;
import dev.lathe.kernel.GemmS8Levels;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.PoolU8;
import dev.lathe.kernel.QuantizeU8;
import dev.lathe.kernel.SpmmU8S8;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The native kernels for AVX-512 VNNI and VPOPCNTDQ, AVX-VNNI and AMX on any x86-64 processor:
 * their sources, compiled with an {@code immintrin.h} in which the instructions are plain C. It
 * needs a C compiler and SIMDe, and says nothing about speed or what the compiler makes of the real
 * instructions.
 */
public final class EmulatedLibrary {

  private static final Path STUBS = Path.of("../native-stubs/src");
  private static final Path SIMDE = Path.of("/usr/include/simde/x86/avx512.h");
  private static final Path LIBRARY = Path.of("target/emulated/liblathe.so");

  private static @Nullable Symbols symbols;

  private EmulatedLibrary() {}

  /** The dense products. */
  public static List<GemmU8S8> products() {
    return List.of(
        FfmGemmU8S8.amx(symbols()),
        new FfmGemmU8S8(symbols(), Isa.AVX512VNNI, 12, 32),
        new FfmGemmU8S8(symbols(), Isa.AVXVNNI, 6, 16));
  }

  /** The products of signs. */
  public static List<GemmB1> signs() {
    return List.of(new FfmGemmB1(symbols(), Isa.AVX512POPCNT, 12, 32));
  }

  /** The products with weights of few bits. */
  public static List<GemmS8Levels> levels() {
    return List.of(
        new FfmGemmS8Levels(symbols(), Isa.AVX512VNNI, 2),
        new FfmGemmS8Levels(symbols(), Isa.AVX512VNNI, 4),
        new FfmGemmS8Levels(symbols(), Isa.AVXVNNI, 2),
        new FfmGemmS8Levels(symbols(), Isa.AVXVNNI, 4));
  }

  /** The depthwise convolution. */
  public static List<DepthwiseU8S8> depthwise() {
    return List.of(FfmDepthwiseU8S8.avx512vnni(symbols()));
  }

  /** The conversions from and to uint8. */
  public static List<QuantizeU8> conversions() {
    return List.of(new FfmQuantizeU8(symbols(), Isa.AVX512VNNI));
  }

  /** The pooling. */
  public static List<PoolU8> pools() {
    return List.of(new FfmPoolU8(symbols(), Isa.AVX512VNNI));
  }

  /** The sparse products. */
  public static List<SpmmU8S8> sparse() {
    return List.of(
        new FfmSpmmTiles(symbols()),
        new FfmSpmmQuads(symbols(), Isa.AVX512VNNI, 12, 1, 16, false),
        new FfmSpmmQuads(symbols(), Isa.AVX512VNNI, 12, 4, 16, false),
        new FfmSpmmQuads(symbols(), Isa.AVXVNNI, 12, 1, 8, false),
        new FfmSpmmQuads(symbols(), Isa.AVXVNNI, 12, 4, 8, false));
  }

  /** The library's functions; the test is skipped where it can't be compiled. */
  @SuppressWarnings("restricted")
  private static synchronized Symbols symbols() {
    Symbols known = symbols;
    if (known == null) {
      assumeThat(StubResource.platform()).as("an x86-64 Linux").isEqualTo("linux-x86_64");
      assumeThat(SIMDE).as("SIMDe, Debian's libsimde-dev").exists();
      try {
        if (!Files.exists(LIBRARY) || newest() > Files.getLastModifiedTime(LIBRARY).toMillis()) {
          compile();
        }
      } catch (IOException | InterruptedException failed) {
        throw new AssertionError(failed);
      }
      known = Symbols.bind(SymbolLookup.libraryLookup(LIBRARY.toAbsolutePath(), Arena.global()));
      symbols = known;
    }
    return known;
  }

  private static long newest() throws IOException {
    try (Stream<Path> files = Files.walk(STUBS)) {
      return files.mapToLong(EmulatedLibrary::modified).max().orElseThrow();
    }
  }

  private static long modified(Path file) {
    try {
      return Files.getLastModifiedTime(file).toMillis();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /**
   * Without loops unrolled and all functions inlined, for which it takes seconds and not minutes.
   */
  private static void compile() throws IOException, InterruptedException {
    List<String> flags =
        List.of(
            "-O1",
            "-mavx2",
            "-mfma",
            "-ffp-contract=off",
            "-Wno-psabi",
            "-DUNROLL=",
            "-DINLINE=static inline __attribute__((unused))",
            "-DSIMDE_ENABLE_NATIVE_ALIASES",
            "-DSIMDE_NO_NATIVE",
            "-I" + STUBS.resolve("test/c/emulated"));
    List<Path> sources = new ArrayList<>();
    try (Stream<Path> files = Files.list(STUBS.resolve("main/c"))) {
      files
          .filter(
              file ->
                  file.toString()
                      .matches(".*(lathe|__avx512vnni|__avx512popcnt|__avxvnni|__amx)\\.c"))
          .filter(file -> !file.toString().contains("dotprobe"))
          .sorted()
          .forEach(sources::add);
    }
    TestCompiler.compile(LIBRARY, flags, sources);
  }
}
