package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every sparse fp32 kernel of the catalogue against the plain dense product, bit for bit. */
class SpmmF32Test {

  private static final double[] DENSITIES = {0, 0.1, 0.5, 1};

  static Stream<Named<SpmmF32>> kernels() {
    return Kernels.of(SpmmF32.class);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void agreesOnProductsRoundTheTile(SpmmF32 kernel) {
    int mr = kernel.mr();
    long seed = 0;
    for (int m : new int[] {1, 7, 8, 9, mr / 2, mr / 2 + 1, mr - 1, mr, mr + 1, 3 * mr + 5}) {
      for (int n : new int[] {1, 3, 4, 8, 17, 131}) {
        for (int k : new int[] {1, 2, 33, 300}) {
          double density = DENSITIES[(int) (seed % DENSITIES.length)];
          check(kernel, SlabAxis.of(Math.max(1, m)), SlabAxis.of(1), k, n, density, seed++);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void agreesOnEveryKindOfWindow(SpmmF32 kernel) {
    long seed = 0;
    for (int size : new int[] {1, 2, 5, 7, 14, 19}) {
      for (int taps : new int[] {1, 2, 3, 5}) {
        for (int stride : new int[] {1, 2, 3}) {
          for (int dilation : new int[] {1, 2, 3}) {
            for (int pad : new int[] {0, 1, 3}) {
              SlabAxis height = axis(size, taps, stride, dilation, pad);
              SlabAxis width = axis(size + (int) (seed % 3), 1 + (int) (seed % 4), stride, 1, pad);
              if (height.out() > 0 && width.out() > 0) {
                int n = 1 + (int) (seed % 13);
                check(kernel, height, width, 1 + (int) (seed % 9), n, 0.4, seed);
              }
              seed++;
            }
          }
        }
      }
    }
  }

  /** Images higher than a slab, channels of several chunks and blocks. */
  @ParameterizedTest
  @MethodSource("kernels")
  void agreesWhenLoopsAreBlocked(SpmmF32 kernel) {
    SlabAxis slid = axis(30, 3, 1, 1, 1);
    check(kernel, slid, slid, 100, 140, 0.05, 1);
    check(kernel, axis(61, 3, 2, 1, 1), axis(31, 3, 2, 1, 1), 70, 20, 0.1, 2);
    check(kernel, axis(50, 1, 1, 1, 0), SlabAxis.of(3), 900, 9, 0.1, 3);
    check(kernel, axis(400, 5, 1, 1, 2), SlabAxis.of(1), 300, 9, 0.1, 4);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void refusesOperandsThatAreTooSmall(SpmmF32 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      SlabShape shape = SlabShape.product(5, 7, 8, 7, 8, kernel.mr());
      RhsView zeros = RhsView.rowMajor(arena.allocate(4 * 56), 7, 8);
      MemorySegment rhs = arena.allocate(kernel.rhsLayout(shape).bytes(zeros), 64);
      MemorySegment lhs = arena.allocate(4 * 5 * 7);
      MemorySegment dst = arena.allocate(4 * 5 * 8);
      kernel.rhsLayout(shape).pack(zeros, rhs);

      kernel.run(shape, FloatEpilogue.NONE, lhs, 0, rhs, null, 0, dst, 0, 0, 5);
      if (kernel.isa().isVector()) {
        assertThatThrownBy(
                () -> kernel.run(shape, FloatEpilogue.NONE, lhs, 4, rhs, null, 0, dst, 0, 0, 5))
            .isInstanceOf(IndexOutOfBoundsException.class);
      }
      assertThatThrownBy(
              () -> kernel.run(shape, FloatEpilogue.NONE, lhs, 0, rhs, null, 0, dst, 4, 0, 5))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  private static SlabAxis axis(int in, int kernel, int stride, int dilation, int pad) {
    int out = Math.floorDiv(in + 2 * pad - (kernel - 1) * dilation - 1, stride) + 1;
    return new SlabAxis(in, out, kernel, stride, dilation, pad);
  }

  private static void check(
      SpmmF32 kernel, SlabAxis height, SlabAxis width, int k, int n, double density, long seed) {
    try (Arena arena = Arena.ofConfined()) {
      SpmmF32Problem problem = new SpmmF32Problem(arena, height, width, k, n, density, seed);
      String what = kernel.name() + ", " + problem + ", seed " + seed;
      GuardedFloats expected = problem.expected();
      problem.run(kernel, height.out()).assertEqualTo(expected, what);
      problem.run(kernel, 3).assertEqualTo(expected, what + ", in parts");
    }
  }
}
