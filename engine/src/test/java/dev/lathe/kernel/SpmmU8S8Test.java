package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lathe.kernel.SpmmU8S8Problem.Fill;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every sparse integer kernel of the catalogue against the plain dense product, bit for bit. */
class SpmmU8S8Test {

  private static final double[] DENSITIES = {0, 0.1, 0.5, 1};

  static Stream<Named<SpmmU8S8>> kernels() {
    return Kernels.of(SpmmU8S8.class);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void agreesOnProductsRoundTheTile(SpmmU8S8 kernel) {
    int mr = kernel.mr();
    long seed = 0;
    for (int m : new int[] {1, 7, 8, 9, mr / 2 + 1, mr, 2 * mr + 5}) {
      for (int n : new int[] {1, 4, 17, 67}) {
        for (int k : new int[] {1, 3, 4, 33, 130}) {
          double density = DENSITIES[(int) (seed % DENSITIES.length)];
          check(kernel, SlabAxis.of(Math.max(1, m)), SlabAxis.of(1), k, n, density, seed++);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void agreesOnEveryKindOfWindow(SpmmU8S8 kernel) {
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
  void agreesWhenLoopsAreBlocked(SpmmU8S8 kernel) {
    SlabAxis slid = axis(30, 3, 1, 1, 1);
    check(kernel, slid, slid, 401, 70, 0.05, 1);
    check(kernel, axis(61, 3, 2, 1, 1), axis(31, 3, 2, 1, 1), 270, 20, 0.1, 2);
    check(kernel, axis(50, 1, 1, 1, 0), SlabAxis.of(3), 3600, 9, 0.1, 3);
    check(kernel, axis(400, 5, 1, 1, 2), SlabAxis.of(1), 600, 9, 0.1, 4);
  }

  /** Sums as large as they get, which no lane of any width may saturate. */
  @ParameterizedTest
  @MethodSource("kernels")
  void agreesOnExtremeValues(SpmmU8S8 kernel) {
    for (Fill fill : new Fill[] {Fill.LOWEST, Fill.HIGHEST}) {
      for (int k : new int[] {4, 1000}) {
        for (long seed = 0; seed < 4; seed++) {
          check(kernel, axis(5, 3, 1, 1, 1), axis(6, 3, 1, 1, 1), k, 9, 1, fill, seed);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void refusesOperandsThatAreTooSmall(SpmmU8S8 kernel) {
    assumeThat(kernel.isa().isNative()).as("a kernel that checks its operands").isTrue();
    try (Arena arena = Arena.ofConfined()) {
      SlabAxis rows = SlabAxis.of(5);
      SpmmU8S8Problem problem =
          new SpmmU8S8Problem(arena, rows, SlabAxis.of(1), 8, 8, 0.5, Fill.RANDOM, 2);
      MemorySegment packed = problem.packed(kernel);
      MemorySegment scratch = arena.allocate(kernel.scratchBytes(problem.shape(kernel)), 64);
      MemorySegment dst = arena.allocate(problem.dstBytes());
      MemorySegment lhs = arena.allocate(problem.lhs.content().length);
      MemorySegment addend = problem.addend.memory();

      problem.run(
          kernel, problem.epilogue, lhs, 0, packed, addend, 0, scratch, dst, 0, 0, rows.out());
      assertThatThrownBy(
              () ->
                  problem.run(
                      kernel, problem.epilogue, lhs, 4, packed, addend, 0, scratch, dst, 0, 0, 5))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(
              () ->
                  problem.run(
                      kernel, problem.epilogue, lhs, 0, packed, addend, 0, scratch, dst, 4, 0, 5))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(
              () ->
                  problem.run(
                      kernel, problem.epilogue, lhs, 0, packed, addend, 0, dst, dst, 0, 0, 5))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  static SlabAxis axis(int in, int kernel, int stride, int dilation, int pad) {
    int out = Math.floorDiv(in + 2 * pad - (kernel - 1) * dilation - 1, stride) + 1;
    return new SlabAxis(in, out, kernel, stride, dilation, pad);
  }

  private static void check(
      SpmmU8S8 kernel, SlabAxis height, SlabAxis width, int k, int n, double density, long seed) {
    check(kernel, height, width, k, n, density, Fill.RANDOM, seed);
  }

  static void check(
      SpmmU8S8 kernel,
      SlabAxis height,
      SlabAxis width,
      int k,
      int n,
      double density,
      Fill fill,
      long seed) {
    try (Arena arena = Arena.ofConfined()) {
      SpmmU8S8Problem problem =
          new SpmmU8S8Problem(arena, height, width, k, n, density, fill, seed);
      String what = kernel.name() + ", " + problem + ", seed " + seed;
      byte[] expected = problem.expected();
      problem.run(kernel, height.out()).assertContent(expected, what);
      problem.run(kernel, 3).assertContent(expected, what + ", in parts");
    }
  }
}
