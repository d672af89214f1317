package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.cpu.Processor;
import dev.lathe.kernel.ffm.AmxEmulator;
import java.lang.foreign.Arena;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;

/**
 * The machine code of the AMX kernel for bf16, on processors without AMX with its instructions
 * emulated: everything {@link GemmBf16Test} asks of a kernel, and tiles released.
 */
class EmulatedAmxBf16Test extends GemmBf16Test {

  private static AmxEmulator emulator;

  @BeforeAll
  static void install() {
    emulator = AmxEmulator.forBf16();
  }

  static Stream<Named<GemmBf16>> kernels() {
    GemmBf16 kernel = emulator.bf16Kernel();
    return Stream.of(Named.of(kernel.name().toString(), kernel));
  }

  @AfterEach
  void tilesAreReleased() {
    assertThat(emulator.hasLiveTiles()).isFalse();
  }

  @Test
  void runsTheInstructionsOfTheKernel() {
    boolean builtIn = Processor.detect().features().contains("amx_bf16");
    long before = emulator.executed();
    try (Arena arena = Arena.ofConfined()) {
      GuardedFloats sums = new GemmFloatProblem(arena, 32, 32, 64, 1, 3).run(emulator.bf16Kernel());
      assertThat(sums.count()).isPositive();
    }
    // ldtilecfg, 4 tilezero, 2 steps of 4 loads and 4 products, 4 stores, tilerelease
    assertThat(emulator.executed() - before).isEqualTo(builtIn ? 0 : 26);
  }
}
