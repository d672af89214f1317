package dev.lathe.kernel;

import static dev.lathe.tensor.Tensor.F32;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("isa")
class PoolU8Test {

  private static final PoolU8 REFERENCE = Kernels.reference(PoolU8.class);

  static Stream<Named<PoolU8>> kernels() {
    return Kernels.of(PoolU8.class);
  }

  /** Plain, padded, dilated, one-dimensional, global; every window has a tap inside. */
  private static List<Window> windows(int channels) {
    return List.of(
        new Window(channels, 4, 6, 2, 3, 2, 2, 2, 2, 1, 1, 0, 0),
        new Window(channels, 7, 5, 4, 3, 3, 3, 2, 2, 1, 1, 1, 1),
        new Window(channels, 6, 6, 6, 6, 3, 3, 1, 1, 2, 2, 2, 2),
        new Window(channels, 1, 9, 1, 4, 1, 3, 1, 2, 1, 1, 0, 0),
        new Window(channels, 7, 7, 1, 1, 7, 7, 1, 1, 1, 1, 0, 0));
  }

  private record Problem(
      Window window,
      @Nullable MemorySegment ratios,
      GuardedBytes src,
      int zeroPoint,
      int outZeroPoint) {

    static Problem random(Arena arena, Window window, boolean average, long seed) {
      Random random = new Random(seed);
      byte[] src = new byte[(int) window.inElements()];
      random.nextBytes(src);
      int pixels = window.outHeight() * window.outWidth();
      MemorySegment ratios = average ? arena.allocate(4L * pixels, 64) : null;
      for (int i = 0; ratios != null && i < pixels; i++) {
        // Powers of two give results exactly between two levels.
        float ratio = i % 2 == 0 ? 0.125f : random.nextFloat() * 3 / window.taps();
        ratios.setAtIndex(F32, i, ratio);
      }
      int zeroPoint = new int[] {0, 255, random.nextInt(256)}[random.nextInt(3)];
      return new Problem(
          window, ratios, new GuardedBytes(arena, src), zeroPoint, random.nextInt(256));
    }

    GuardedBytes result(Arena arena, PoolU8 kernel, int... rows) {
      GuardedBytes dst = new GuardedBytes(arena, (int) window.outElements());
      for (int i = 1; i < rows.length; i++) {
        run(kernel, dst, rows[i - 1], rows[i]);
      }
      return dst;
    }

    void run(PoolU8 kernel, GuardedBytes dst, int rowFrom, int rowTo) {
      kernel.run(
          window,
          ratios,
          zeroPoint,
          outZeroPoint,
          src.memory(),
          src.at(),
          dst.memory(),
          dst.at(),
          rowFrom,
          rowTo);
    }

    byte[] expected() {
      byte[] expected = new byte[(int) window.outElements()];
      byte[] x = src.content();
      for (int i = 0; i < expected.length; i++) {
        int pixel = i / window.channels();
        int max = 0;
        long sum = 0;
        for (int tap = 0; tap < window.taps(); tap++) {
          int row = window.inRow(pixel / window.outWidth(), tap / window.kernelWidth());
          int column = window.inColumn(pixel % window.outWidth(), tap % window.kernelWidth());
          if (window.rowInside(row) && window.columnInside(column)) {
            int at = (row * window.inWidth() + column) * window.channels() + i % window.channels();
            max = Math.max(max, Byte.toUnsignedInt(x[at]));
            sum += Byte.toUnsignedInt(x[at]) - zeroPoint;
          }
        }
        expected[i] =
            ratios == null
                ? (byte) max
                : Requantizer.level(
                    (float) ((double) sum * ratios.getAtIndex(F32, pixel)), outZeroPoint, 0, 255);
      }
      return expected;
    }
  }

  @Test
  void referenceEqualsPlainIntegers() {
    try (Arena arena = Arena.ofConfined()) {
      for (Window window : windows(3)) {
        for (boolean average : new boolean[] {false, true}) {
          Problem problem = Problem.random(arena, window, average, 1);
          problem
              .result(arena, REFERENCE, 0, window.outHeight())
              .assertContent(problem.expected(), window + (average ? " average" : " max"));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsReference(PoolU8 kernel) {
    long seed = 10;
    for (int channels : new int[] {1, 3, 4, 5, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 130}) {
      for (Window window : windows(channels)) {
        for (boolean average : new boolean[] {false, true}) {
          try (Arena arena = Arena.ofConfined()) {
            Problem problem = Problem.random(arena, window, average, seed++);
            byte[] expected = problem.result(arena, REFERENCE, 0, window.outHeight()).content();
            int middle = window.outHeight() / 2;
            problem
                .result(arena, kernel, 0, middle, middle, window.outHeight())
                .assertContent(expected, window + (average ? " average" : " max"));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void refusesMemoryThatIsTooSmall(PoolU8 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      Window window = windows(64).get(0);
      Problem problem = Problem.random(arena, window, false, 2);
      GuardedBytes small = new GuardedBytes(arena, 1);

      assertThatThrownBy(() -> problem.run(kernel, small, 0, window.outHeight()))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
