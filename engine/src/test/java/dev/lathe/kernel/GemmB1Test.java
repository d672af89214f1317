package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every product of signs of the catalogue against the plain one, bit for bit. */
@Tag("isa")
class GemmB1Test {

  static Stream<Named<GemmB1>> kernels() {
    return Kernels.of(GemmB1.class);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void agreesOnShapesRoundTheTile(GemmB1 kernel) {
    int mr = kernel.mr();
    int nr = kernel.nr();
    long seed = 0;
    for (int m : new int[] {1, mr - 1, mr, mr + 1}) {
      for (int n : new int[] {1, nr - 1, nr, nr + 1, 2 * nr + 3}) {
        for (int k : new int[] {1, 31, 32, 33, 255, 256, 257, 519}) {
          check(kernel, Math.max(1, m), Math.max(1, n), k, 1, seed % 2 == 0, seed++);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void agreesOnTaps(GemmB1 kernel) {
    long seed = 100;
    for (int taps : new int[] {2, 3, 9}) {
      for (int k : new int[] {5, 32, 64, 100}) {
        check(kernel, 37, 19, k, taps, true, seed++);
        check(kernel, 37, 19, k, taps, false, seed++);
      }
    }
  }

  /** More than the counters of a byte hold, and more rows than a block has. */
  @ParameterizedTest
  @MethodSource("kernels")
  void agreesOnDeepAndTallProducts(GemmB1 kernel) {
    check(kernel, 5, 9, 32 * 8 * 31 * 2 + 40, 1, true, 1);
    check(kernel, 3, kernel.nr() + 1, 20_000, 1, false, 2);
    check(kernel, 300, 7, 70, 1, true, 3);
  }

  /** All bits differ: the largest counts. */
  @ParameterizedTest
  @MethodSource("kernels")
  void countsEveryBit(GemmB1 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      for (int k : new int[] {32 * 7, 32 * 15, 32 * 8 * 31 + 32 * 7, 32 * 700}) {
        int words = SignsF32.words(k);
        MemorySegment lhs = arena.allocate(4L * words, 64);
        lhs.fill((byte) -1);
        float[] ones = new float[k];
        java.util.Arrays.fill(ones, 1);
        PackedLayout layout = kernel.rhsLayout();
        MemorySegment rhs = arena.allocate(layout.bytes(1, k, 1), 64);
        layout.pack(RhsView.transposed(MemorySegment.ofArray(ones), k, 1), rhs);
        MemorySegment scales = arena.allocate(4L * GemmB1.SCALES, 64);
        scales.set(dev.lathe.tensor.Tensor.F32, 0, 1);
        MemorySegment dst = arena.allocate(4, 64);
        GemmShape shape = GemmShape.product(1, 1, k, words, 1);
        run(kernel, shape, scales, lhs, rhs, dst);
        assertThat(dst.get(dev.lathe.tensor.Tensor.F32, 0)).as("k %d", k).isEqualTo(-k);
      }
    }
  }

  @Test
  void thePlainKernelDoesWhatTheContractSays() {
    GemmB1 plain = Kernels.reference(GemmB1.class);
    try (Arena arena = Arena.ofConfined()) {
      for (long seed = 0; seed < 30; seed++) {
        var problem = new GemmB1Problem(arena, 4, 6, 45, 3, seed % 3 > 0, seed);
        GuardedFloats values = problem.run(plain);
        for (int i = 0; i < 4; i++) {
          for (int j = 0; j < 6; j++) {
            assertThat(values.get(Math.toIntExact(i * problem.shape().dstStride() + j)))
                .as("seed %d", seed)
                .isEqualTo(problem.defined(i, j));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void refusesOperandsThatAreTooSmall(GemmB1 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment lhs = arena.allocate(4L * 5 * 2, 64);
      MemorySegment rhs = arena.allocate(kernel.rhsLayout().bytes(1, 64, 16), 64);
      MemorySegment scales = arena.allocate(4L * GemmB1.SCALES, 64);
      MemorySegment dst = arena.allocate(4L * 6 * 16, 64);
      for (GemmShape shape :
          new GemmShape[] {
            GemmShape.product(6, 16, 64, 2, 16),
            GemmShape.product(1, 1000, 64, 2, 1000),
            GemmShape.product(5, 16, 640, 2, 16),
            GemmShape.product(5, 16, 64, 2, 32)
          }) {
        assertThatThrownBy(() -> run(kernel, shape, scales, lhs, rhs, dst))
            .as("%s", shape)
            .isInstanceOf(IndexOutOfBoundsException.class);
      }
    }
  }

  private static void run(
      GemmB1 kernel,
      GemmShape shape,
      MemorySegment scales,
      MemorySegment lhs,
      MemorySegment rhs,
      MemorySegment dst) {
    kernel.run(
        shape,
        FloatEpilogue.NONE,
        scales,
        lhs,
        0,
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

  private static void check(
      GemmB1 kernel, int m, int n, int k, int taps, boolean zeros, long seed) {
    try (Arena arena = Arena.ofConfined()) {
      var problem = new GemmB1Problem(arena, m, n, k, taps, zeros, seed);
      String what = kernel.name() + ", " + problem + ", seed " + seed;
      GuardedFloats expected = problem.run(Kernels.reference(GemmB1.class));
      problem.run(kernel).assertEqualTo(expected, what);
      problem.runInParts(kernel).assertEqualTo(expected, what + ", in parts");
    }
  }
}
