package dev.lathe.kernel.ffm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lathe.cpu.Isa;
import dev.lathe.cpu.Processor;
import dev.lathe.kernel.DotProbeU8S8;
import dev.lathe.kernel.GemmBf16;
import dev.lathe.kernel.GemmU8S8;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lets a processor without AMX run the machine code of the AMX kernel: {@code amx_emulator.c}
 * executes the instructions that raise SIGILL. With AMX it never gets to do anything.
 */
public final class AmxEmulator {

  private static final Path SOURCE = Path.of("../native-stubs/src/test/c/amx_emulator.c");

  private static @Nullable AmxEmulator installed;

  private final MethodHandle executed;
  private final MethodHandle hasLiveTiles;

  private AmxEmulator(SymbolLookup library) {
    executed = function(library, "amx_emulator_executed", JAVA_LONG);
    hasLiveTiles = function(library, "amx_emulator_has_live_tiles", JAVA_INT);
  }

  /** For the int8 kernels; the test is skipped where the machine lacks what is not emulated. */
  public static AmxEmulator install() {
    return install(Isa.AMX, "amx_int8", Isa.AVX512VNNI);
  }

  /** For the bf16 kernel; likewise. */
  public static AmxEmulator forBf16() {
    return install(Isa.AMXBF16, "amx_bf16", Isa.AVX2);
  }

  /**
   * Installs the emulator once.
   *
   * @param feature of the processor that has the tier
   * @param rest what the tier's kernels take besides tiles
   */
  private static synchronized AmxEmulator install(Isa tier, String feature, Isa rest) {
    assumeThat(StubResource.platform()).as("an x86-64 Linux").isEqualTo("linux-x86_64");
    assumeThat(FfmKernels.has(rest)).as("%s here", rest).isTrue();
    boolean builtIn = Processor.detect().features().contains(feature);
    assumeThat(builtIn && !FfmKernels.has(tier)).as("AMX without permission").isFalse();
    if (installed == null) {
      SymbolLookup library = compiled();
      AmxEmulator emulator = new AmxEmulator(library);
      assertThat(emulator.call(function(library, "amx_emulator_install", JAVA_INT))).isZero();
      installed = emulator;
    }
    return installed;
  }

  /** The AMX kernel, whatever the processor is. */
  public GemmU8S8 kernel() {
    return FfmGemmU8S8.amx(Objects.requireNonNull(NativeLibrary.here().symbols()));
  }

  /** The AMX kernel for bf16, whatever the processor is. */
  public GemmBf16 bf16Kernel() {
    return new FfmGemmBf16(Objects.requireNonNull(NativeLibrary.here().symbols()));
  }

  /** The AMX probe, whatever the processor is. */
  public DotProbeU8S8 probe() {
    return FfmDotProbeU8S8.amx(Objects.requireNonNull(NativeLibrary.here().symbols()));
  }

  /** AMX instructions of this thread that were emulated. */
  public long executed() {
    return call(executed);
  }

  /** Whether tiles of this thread are configured, as far as the emulator knows. */
  public boolean hasLiveTiles() {
    return call(hasLiveTiles) != 0;
  }

  private long call(MethodHandle function) {
    try {
      return ((Number) function.invoke()).longValue();
    } catch (Throwable thrown) {
      throw new AssertionError(thrown);
    }
  }

  @SuppressWarnings("restricted")
  private static SymbolLookup compiled() {
    try {
      Path library = Files.createTempFile("amx_emulator", ".so");
      try {
        List<String> flags = List.of("-O3", "-Wall", "-Wextra", "-Werror");
        TestCompiler.compile(library, flags, List.of(SOURCE));
        return SymbolLookup.libraryLookup(library, Arena.global());
      } finally {
        Files.delete(library);
      }
    } catch (IOException | InterruptedException failed) {
      throw new AssertionError(failed);
    }
  }

  @SuppressWarnings("restricted")
  private static MethodHandle function(SymbolLookup library, String name, MemoryLayout result) {
    return Linker.nativeLinker()
        .downcallHandle(library.find(name).orElseThrow(), FunctionDescriptor.of(result));
  }
}
