package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every fp32 product of the catalogue against the plain one, bit for bit. */
@Tag("isa")
class GemmF32Test {

  private static final GemmF32 PLAIN = Kernels.reference(GemmF32.class);

  static Stream<Named<GemmF32>> kernels() {
    return Kernels.of(GemmF32.class);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void agreesOnShapesRoundTheTile(GemmF32 kernel) {
    int mr = kernel.mr();
    int nr = kernel.nr();
    long seed = 0;
    for (int m : new int[] {1, 2, mr - 1, mr, mr + 1, 3 * mr + 2}) {
      for (int n : new int[] {1, nr - 1, nr, nr + 1, 3 * nr + 2}) {
        for (int k : new int[] {1, 2, 7, 64, 513}) {
          for (int taps : new int[] {1, 4, 9}) {
            check(kernel, Math.max(1, m), n, k, taps, seed++);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void agreesOnEveryRestOfRows(GemmF32 kernel) {
    for (int m = 1; m <= 2 * kernel.mr() + 1; m++) {
      for (int seed = 0; seed < 8; seed++) {
        check(kernel, m, 5 * kernel.nr() + 3, 11, 2, seed);
      }
    }
  }

  /** Deep and tall enough to be cut into chunks of the depth and blocks of rows. */
  @ParameterizedTest
  @MethodSource("kernels")
  void agreesWhenLoopsAreBlocked(GemmF32 kernel) {
    check(kernel, 3 * kernel.mr() + 1, kernel.nr() + 1, 9001, 1, 1);
    check(kernel, 3 * kernel.mr() + 1, kernel.nr() + 1, 700, 13, 2);
    check(kernel, 90 * kernel.mr() + 3, kernel.nr(), 3, 1, 3);
    check(kernel, 70 * kernel.mr() + 3, kernel.nr(), 3, 4, 4);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void refusesRowsOutsideTheOperand(GemmF32 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      int n = kernel.nr();
      MemorySegment lhs = arena.allocate(4L * 5 * 7, 64);
      MemorySegment dst = arena.allocate(4L * 6 * n, 64);
      MemorySegment rhs = arena.allocate(kernel.rhsLayout().bytes(1, 7, n), 64);

      assertThatThrownBy(() -> product(kernel, GemmShape.product(6, n, 7, 7, n), lhs, rhs, dst, 6))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> product(kernel, GemmShape.product(5, n, 8, 7, n), lhs, rhs, dst, 5))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(
              () -> product(kernel, GemmShape.product(5, n, 7, 7, 2L * n), lhs, rhs, dst, 5))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  private static void product(
      GemmF32 kernel,
      GemmShape shape,
      MemorySegment lhs,
      MemorySegment rhs,
      MemorySegment dst,
      int rows) {
    kernel.run(
        shape, FloatEpilogue.NONE, lhs, 0, rhs, 0, null, null, 0, dst, 0, 0, rows, 0, shape.n());
  }

  private static void check(GemmF32 kernel, int m, int n, int k, int taps, long seed) {
    try (Arena arena = Arena.ofConfined()) {
      GemmFloatProblem problem = new GemmFloatProblem(arena, m, n, k, taps, seed);
      String what = kernel.name() + ", " + problem + ", seed " + seed;
      GuardedFloats expected = problem.run(PLAIN);
      problem.run(kernel).assertEqualTo(expected, what);
      problem.runInParts(kernel).assertEqualTo(expected, what + ", in parts");
    }
  }
}
