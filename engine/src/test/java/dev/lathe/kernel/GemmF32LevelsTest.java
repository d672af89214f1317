package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.dispatch.KernelCatalog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every product with packed levels of the catalogue against the plain one, bit for bit. */
@Tag("isa")
class GemmF32LevelsTest {

  static Stream<Named<GemmF32Levels>> kernels() {
    return Kernels.of(GemmF32Levels.class);
  }

  private static GemmF32Levels plain(int bits) {
    return KernelCatalog.of(GemmF32Levels.class).stream()
        .filter(kernel -> kernel.isa() == Isa.SCALAR && kernel.bits() == bits)
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void agreesOnShapesRoundTheTile(GemmF32Levels kernel) {
    int nr = kernel.nr();
    long seed = 0;
    for (int m : new int[] {1, 2, 4, 5, 11}) {
      for (int n : new int[] {1, 17, nr - 1, nr, 2 * nr + 17}) {
        for (int k : new int[] {1, 15, 16, 17, 131}) {
          for (int block : new int[] {16, 48}) {
            check(kernel, m, Math.max(1, n), k, block, seed++);
          }
        }
      }
    }
  }

  /** Deep enough for rows to be copied in several blocks. */
  @ParameterizedTest
  @MethodSource("kernels")
  void agreesWhenRowsAreBlocked(GemmF32Levels kernel) {
    check(kernel, 13, kernel.nr() + 1, 6001, 256, 1);
    check(kernel, 71, 3, 40, 16, 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void isTheProductWithDequantizedWeights(int bits) {
    try (Arena arena = Arena.ofConfined()) {
      for (long seed = 0; seed < 20; seed++) {
        var problem = new GemmF32LevelsProblem(arena, bits, 2, 5, 70, 32, seed);
        if (!problem.finite()) {
          continue;
        }
        GuardedFloats values = problem.run(plain(bits));
        for (int i = 0; i < 2; i++) {
          for (int j = 0; j < 5; j++) {
            float value = values.get(Math.toIntExact(i * problem.shape().dstStride() + j));
            assertThat((double) value)
                .as("seed %d", seed)
                .isCloseTo(problem.exact(i, j), within(1e-4 * (1 << bits)));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void refusesOperandsThatAreTooSmall(GemmF32Levels kernel) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment small = arena.allocate(4L * 5 * 7, 64);
      MemorySegment dst = arena.allocate(4L * 6 * 16, 64);
      MemorySegment rhs = arena.allocate(kernel.rhsLayout().bytes(1, 7, 16), 64);
      LevelBlocks blocks = new LevelBlocks(16, arena.allocate(64, 64), null);
      assertThatThrownBy(
              () -> product(kernel, GemmShape.product(6, 16, 7, 7, 16), blocks, small, rhs, dst))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(
              () -> product(kernel, GemmShape.product(1, 17, 7, 7, 17), blocks, small, rhs, dst))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(
              () -> product(kernel, GemmShape.product(5, 16, 7, 7, 32), blocks, small, rhs, dst))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  private static void product(
      GemmF32Levels kernel,
      GemmShape shape,
      LevelBlocks blocks,
      MemorySegment lhs,
      MemorySegment rhs,
      MemorySegment dst) {
    kernel.run(
        shape,
        FloatEpilogue.NONE,
        blocks,
        lhs,
        0,
        rhs,
        null,
        0,
        dst,
        0,
        0,
        shape.m(),
        0,
        shape.n());
  }

  private static void check(GemmF32Levels kernel, int m, int n, int k, int block, long seed) {
    try (Arena arena = Arena.ofConfined()) {
      var problem = new GemmF32LevelsProblem(arena, kernel.bits(), m, n, k, block, seed);
      String what = kernel.name() + ", " + problem + ", seed " + seed;
      GuardedFloats expected = problem.run(plain(kernel.bits()));
      problem.run(kernel).assertEqualTo(expected, what);
      problem.runInParts(kernel).assertEqualTo(expected, what + ", in parts");
    }
  }
}
