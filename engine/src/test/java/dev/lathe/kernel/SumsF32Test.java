package dev.lathe.kernel;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link SumsF32} and {@link RangeF32} against their definitions, to the bit. */
@Tag("isa")
class SumsF32Test {

  static Stream<Named<SumsF32>> sums() {
    return Kernels.of(SumsF32.class);
  }

  static Stream<Named<RangeF32>> ranges() {
    return Kernels.of(RangeF32.class);
  }

  @ParameterizedTest
  @MethodSource("sums")
  void sumsToFloats(SumsF32 kernel) {
    Random random = new Random(3);
    for (int n : new int[] {1, 7, 16, 17, 33, 64, 100}) {
      for (boolean biased : new boolean[] {false, true}) {
        try (Arena arena = Arena.ofConfined()) {
          int rows = 3;
          int stride = n + 2;
          int nFrom = n > 20 ? 16 : 0;
          MemorySegment sums = arena.allocate(4L * rows * stride, 64);
          MemorySegment dst = arena.allocate(4L * rows * stride, 64);
          for (int i = 0; i < rows * stride; i++) {
            int edge = random.nextBoolean() ? Integer.MAX_VALUE : Integer.MIN_VALUE;
            sums.setAtIndex(I32, i, i % 5 == 0 ? edge : random.nextInt(1 << 26) - (1 << 25));
            dst.setAtIndex(F32, i, 42);
          }
          MemorySegment columnSums = arena.allocate(4L * n + 64, 64);
          MemorySegment scales = arena.allocate(4L * n + 64, 64);
          MemorySegment bias = arena.allocate(4L * n + 64, 64);
          for (int j = 0; j < n; j++) {
            columnSums.setAtIndex(I32, j, random.nextInt());
            scales.setAtIndex(F32, j, random.nextFloat());
            bias.setAtIndex(F32, j, random.nextFloat() * 100 - 50);
          }
          SumsF32.Columns columns = new SumsF32.Columns(columnSums, scales, biased ? bias : null);
          kernel.run(columns, 137, 0.37f, sums, 0, dst, 0, stride, rows, nFrom, n);
          for (int i = 0; i < rows; i++) {
            for (int j = 0; j < stride; j++) {
              float expected = 42;
              if (j >= nFrom && j < n) {
                int sum =
                    sums.getAtIndex(I32, i * stride + j) - 137 * columnSums.getAtIndex(I32, j);
                float product = 0.37f * scales.getAtIndex(F32, j);
                expected = (float) sum * product;
                expected = biased ? expected + bias.getAtIndex(F32, j) : expected;
              }
              assertThat(dst.getAtIndex(F32, i * stride + j))
                  .as("n %d, row %d, column %d", n, i, j)
                  .isEqualTo(expected);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ranges")
  void rangeHoldsEveryElement(RangeF32 kernel) {
    for (int count : new int[] {1, 2, 15, 16, 31, 32, 33, 64, 65, 127, 1000}) {
      for (int at : new int[] {0, count / 2, count - 1}) {
        assertThat(range(kernel, count, at, 1e9f)).containsExactly(-1f, 1e9f);
        assertThat(range(kernel, count, at, -1e9f)[0]).isEqualTo(-1e9f);
        assertThat(range(kernel, count, at, Float.NaN)).containsExactly(Float.NaN, Float.NaN);
      }
    }
  }

  /**
   * Of elements that are all -1 but one; the lowest of that one alone, when above, counts as -1.
   */
  private static float[] range(RangeF32 kernel, int count, int at, float value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment src = arena.allocate(4L * count + 4, 64);
      for (int i = 0; i < count; i++) {
        src.setAtIndex(F32, i, -1);
      }
      src.setAtIndex(F32, at, value);
      src.setAtIndex(F32, count, Float.NEGATIVE_INFINITY);
      MemorySegment dst = arena.allocate(8, 64);
      kernel.run(src, 0, dst, 0, count);
      float min = dst.getAtIndex(F32, 0);
      return new float[] {count == 1 && value > 0 ? -1 : min, dst.getAtIndex(F32, 1)};
    }
  }
}
