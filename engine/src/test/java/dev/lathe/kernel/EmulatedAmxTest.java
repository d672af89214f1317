package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.cpu.Processor;
import dev.lathe.kernel.GemmU8S8Problem.Epilogue;
import dev.lathe.kernel.GemmU8S8Problem.Fill;
import dev.lathe.kernel.ffm.AmxEmulator;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;

/**
 * The machine code of the AMX kernel, on processors without AMX with its instructions emulated:
 * everything {@link GemmU8S8Test} asks of a kernel, guard pages, and tiles released.
 */
class EmulatedAmxTest extends GemmU8S8Test {

  private static AmxEmulator emulator;

  @BeforeAll
  static void install() {
    emulator = AmxEmulator.install();
  }

  static Stream<Named<GemmU8S8>> kernels() {
    GemmU8S8 kernel = emulator.kernel();
    return Stream.of(Named.of(kernel.name().toString(), kernel));
  }

  @AfterEach
  void tilesAreReleased() {
    assertThat(emulator.hasLiveTiles()).isFalse();
  }

  @Test
  void staysWithinItsOperands() throws Throwable {
    GuardPageTest.staysWithinItsOperands(List.of(emulator.kernel()), 1, 16, 17, 33);
  }

  /** Steps of 64 bytes that end within, at and after a quad, and 1 to 3 of them. */
  @Test
  void equalsReferenceOnEveryDepth() {
    equalsReferenceOnEveryDepth(emulator.kernel());
  }

  static void equalsReferenceOnEveryDepth(GemmU8S8 kernel) {
    for (int k = 1; k <= 136; k++) {
      boolean odd = k % 2 == 1;
      compare(kernel, 18, 20, k, 2, odd, odd, Fill.RANDOM, Epilogue.SUMS, k);
      compare(kernel, 18, 20, k, 2, !odd, odd, Fill.RANDOM, Epilogue.SUMS, k);
    }
  }

  @Test
  void runsTheInstructionsOfTheKernel() {
    boolean builtIn = Processor.detect().features().contains("amx_int8");
    long before = emulator.executed();
    try (Arena arena = Arena.ofConfined()) {
      GemmU8S8Problem problem =
          new GemmU8S8Problem(arena, 32, 32, 128, 1, false, false, Fill.RANDOM, Epilogue.SUMS, 900);
      GuardedBytes sums = problem.result(arena, emulator.kernel());
      assertThat(sums.content()).isNotEmpty();
    }
    // ldtilecfg, 4 loads of the bias, 2 steps of 4 loads and 4 products, 4 stores, tilerelease
    assertThat(emulator.executed() - before).isEqualTo(builtIn ? 0 : 26);
  }
}
