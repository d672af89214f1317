package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.quant.Bfloat16;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every product in bf16 of the catalogue against the plain one, as near as the order of sums lets.
 */
class GemmBf16Test {

  private static final GemmBf16 PLAIN = Kernels.reference(GemmBf16.class);

  static Stream<Named<GemmBf16>> kernels() {
    return Kernels.of(GemmBf16.class);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void agreesOnShapesRoundTheTile(GemmBf16 kernel) throws Throwable {
    long seed = 0;
    for (int m : new int[] {1, 2, 15, 16, 17, 31, 32, 33, 70}) {
      for (int n : new int[] {1, 15, 16, 17, 31, 32, 33, 70}) {
        for (int k : new int[] {1, 15, 16, 17, 31, 32, 33, 100}) {
          check(kernel, m, n, k, seed % 3 == 0 ? 4 : 1, seed++);
        }
      }
    }
  }

  /** More rows than one block of rounded ones. */
  @ParameterizedTest
  @MethodSource("kernels")
  void agreesWhenRowsAreBlocked(GemmBf16 kernel) throws Throwable {
    check(kernel, 300, 40, 33, 1, 1);
    check(kernel, 100, 17, 1500, 4, 2);
  }

  @Test
  void plainOneRoundsBothOperandsAndNothingElse() {
    Random random = new Random(7);
    try (Arena arena = Arena.ofConfined()) {
      int k = 40;
      MemorySegment lhs = arena.allocate(4L * k);
      MemorySegment rhs = arena.allocate(4L * k);
      double expected = 0;
      for (int i = 0; i < k; i++) {
        float a = (float) random.nextGaussian();
        float b = (float) random.nextGaussian();
        lhs.setAtIndex(Tensor.F32, i, a);
        rhs.setAtIndex(Tensor.F32, i, b);
        expected += (double) Bfloat16.toFloat(Bfloat16.of(a)) * Bfloat16.toFloat(Bfloat16.of(b));
      }
      MemorySegment packed = arena.allocate(PLAIN.rhsLayout().bytes(1, k, 1), 64);
      PLAIN.rhsLayout().pack(RhsView.rowMajor(rhs, k, 1), packed);
      MemorySegment dst = arena.allocate(4);
      GemmShape shape = GemmShape.product(1, 1, k, k, 1);
      PLAIN.run(shape, FloatEpilogue.NONE, lhs, 0, packed, 0, null, null, 0, dst, 0, 0, 1, 0, 1);

      assertThat(dst.get(Tensor.F32, 0)).isCloseTo((float) expected, within(1e-5f));
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void refusesRowsOutsideTheOperand(GemmBf16 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      int n = kernel.nr();
      MemorySegment lhs = arena.allocate(4L * 5 * 7, 64);
      MemorySegment dst = arena.allocate(4L * 6 * n, 64);
      MemorySegment rhs = arena.allocate(kernel.rhsLayout().bytes(1, 7, n), 64);
      MemorySegment table = arena.allocate(4L * 5);
      table.setAtIndex(Tensor.I32, 4, 4 * 7 + 1);
      for (GemmShape shape :
          new GemmShape[] {
            GemmShape.product(6, n, 7, 7, n),
            GemmShape.product(5, n, 8, 7, n),
            GemmShape.product(5, n, 7, 7, 2L * n),
            new GemmShape(5, n, 7, 1, 7, table, n)
          }) {
        assertThatThrownBy(
                () ->
                    kernel.run(
                        shape,
                        FloatEpilogue.NONE,
                        lhs,
                        0,
                        rhs,
                        0,
                        null,
                        null,
                        0,
                        dst,
                        0,
                        0,
                        shape.m(),
                        0,
                        n))
            .isInstanceOf(IndexOutOfBoundsException.class);
      }
    }
  }

  private static void check(GemmBf16 kernel, int m, int n, int k, int taps, long seed)
      throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      GemmFloatProblem problem = new GemmFloatProblem(arena, m, n, k, taps, seed);
      String what = kernel.name() + ", " + problem + ", seed " + seed;
      GuardedFloats whole = problem.run(kernel);
      whole.assertNear(problem.run(PLAIN), problem.reordered(), what);
      problem.runInParts(kernel).assertEqualTo(whole, what + ", in parts");
      if (seed % 5 == 0) {
        float[] rows = problem.runAtTheEndOfPages(kernel);
        for (int i = 0; i < rows.length; i++) {
          assertThat(rows[i]).as(what).isEqualTo(problem.at(whole, i / n, i % n));
        }
      }
    }
  }
}
