package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.dispatch.KernelCatalog;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every product with packed levels of the catalogue against the plain one, bit for bit. */
@Tag("isa")
class GemmLevelsTest {

  static Stream<Named<? extends GemmLevels>> kernels() {
    return Stream.concat(Kernels.of(GemmF32Levels.class), Kernels.of(GemmS8Levels.class));
  }

  private static GemmLevels plain(Class<? extends GemmLevels> contract, int bits) {
    return KernelCatalog.of(contract).stream()
        .filter(kernel -> kernel.isa() == Isa.SCALAR && kernel.bits() == bits)
        .findFirst()
        .orElseThrow();
  }

  static GemmLevels plain(GemmLevels kernel) {
    boolean rounded = kernel instanceof GemmS8Levels;
    return plain(rounded ? GemmS8Levels.class : GemmF32Levels.class, kernel.bits());
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void agreesOnShapesRoundTheTile(GemmLevels kernel) {
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
  void agreesWhenRowsAreBlocked(GemmLevels kernel) {
    check(kernel, 13, kernel.nr() + 1, 6001, 256, 1);
    check(kernel, 71, 3, 40, 16, 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void isTheProductWithDequantizedWeights(int bits) {
    try (Arena arena = Arena.ofConfined()) {
      for (long seed = 0; seed < 20; seed++) {
        var problem = new GemmLevelsProblem(arena, bits, 2, 5, 70, 32, seed);
        if (!problem.finite()) {
          continue;
        }
        GuardedFloats values = problem.run(plain(GemmF32Levels.class, bits));
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

  /** Rounding moves a result by no more than half a level of every activation. */
  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void isNearTheExactProductWhereActivationsAreRounded(int bits) {
    try (Arena arena = Arena.ofConfined()) {
      for (long seed = 0; seed < 20; seed++) {
        var problem = new GemmLevelsProblem(arena, bits, 2, 5, 70, 32, seed);
        if (!problem.finite()) {
          continue;
        }
        GuardedFloats values = problem.run(plain(GemmS8Levels.class, bits));
        for (int i = 0; i < 2; i++) {
          for (int j = 0; j < 5; j++) {
            float value = values.get(Math.toIntExact(i * problem.shape().dstStride() + j));
            assertThat((double) value)
                .as("seed %d", seed)
                .isCloseTo(problem.exact(i, j), within(1.001 * problem.halfLevels(i, j) + 1e-4));
          }
        }
      }
    }
  }

  /** Sums of 16 bits hold all of 32 k: extreme levels against extreme activations. */
  @ParameterizedTest
  @MethodSource("kernels")
  void addsExtremesExactly(GemmLevels kernel) {
    int k = 256;
    int least = -(1 << (kernel.bits() - 1));
    try (Arena arena = Arena.ofConfined()) {
      for (int level : new int[] {least, -1 - least}) {
        for (float x : new float[] {-3, 3}) {
          MemorySegment lhs = arena.allocate(4L * k, 64);
          byte[] levels = new byte[16 * k];
          Arrays.fill(levels, (byte) level);
          for (int i = 0; i < k; i++) {
            lhs.setAtIndex(Tensor.F32, i, x);
          }
          MemorySegment rhs = arena.allocate(kernel.rhsLayout().bytes(1, k, 16), 64);
          kernel.rhsLayout().pack(RhsView.transposed(MemorySegment.ofArray(levels), k, 16), rhs);
          MemorySegment scales = arena.allocate(64, 64);
          scales.set(Tensor.F32, 0, 127);
          MemorySegment dst = arena.allocate(64, 64);
          product(
              kernel,
              GemmShape.product(1, 16, k, k, 16),
              new LevelBlocks(k, scales, null),
              lhs,
              rhs,
              dst);
          assertThat(dst.get(Tensor.F32, 0)).isEqualTo(127 * x * level * k);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void countsWhatIsNotFiniteAndWhatIsTooSmall(GemmLevels kernel) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment rhs = arena.allocate(kernel.rhsLayout().bytes(1, 16, 16), 64);
      byte[] ones = new byte[16 * 16];
      Arrays.fill(ones, (byte) 1);
      kernel.rhsLayout().pack(RhsView.transposed(MemorySegment.ofArray(ones), 16, 16), rhs);
      MemorySegment scales = arena.allocate(64, 64);
      scales.set(Tensor.F32, 0, 1);
      LevelBlocks blocks = new LevelBlocks(16, scales, null);
      for (float x :
          new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.MIN_VALUE, 0x1p-119f, 0}) {
        MemorySegment lhs = arena.allocate(64, 64);
        lhs.set(Tensor.F32, 8, x);
        MemorySegment dst = arena.allocate(64, 64);
        product(kernel, GemmShape.product(1, 16, 16, 16, 16), blocks, lhs, rhs, dst);
        boolean rounded = kernel instanceof GemmS8Levels;
        float expected = !rounded ? x : Float.isFinite(x) ? (x < 0x1p-119f ? 0 : x) : Float.NaN;
        assertThat(dst.get(Tensor.F32, 0)).as("%s", x).isEqualTo(Float.valueOf(expected));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void refusesOperandsThatAreTooSmall(GemmLevels kernel) {
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
      GemmLevels kernel,
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

  private static void check(GemmLevels kernel, int m, int n, int k, int block, long seed) {
    try (Arena arena = Arena.ofConfined()) {
      var problem = new GemmLevelsProblem(arena, kernel.bits(), m, n, k, block, seed);
      String what = kernel.name() + ", " + problem + ", seed " + seed;
      GuardedFloats expected = problem.run(plain(kernel));
      problem.run(kernel).assertEqualTo(expected, what);
      problem.runInParts(kernel).assertEqualTo(expected, what + ", in parts");
    }
  }
}
