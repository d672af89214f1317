package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.kernel.RowsF32.Function;
import dev.lathe.kernel.dispatch.PerTier;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@PerTier
class RowsF32Test {

  private static final int ROWS = 3;
  private static final float EPSILON = 1e-5f;
  private static final RowsF32 REFERENCE = Kernels.reference(RowsF32.class);

  static Stream<Named<RowsF32>> kernels() {
    return Kernels.of(RowsF32.class);
  }

  /** Every remainder of the 16 partial sums, and some longer rows. */
  private static IntStream lengths() {
    return IntStream.concat(IntStream.rangeClosed(0, 50), IntStream.of(63, 64, 65, 255, 1000));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsReference(RowsF32 kernel) {
    lengths()
        .forEach(
            length -> {
              try (Arena arena = Arena.ofConfined()) {
                compare(kernel, GuardedFloats.finite(arena, ROWS * length, 4, length), length);
              }
            });
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsReferenceOnSpecialValues(RowsF32 kernel) {
    lengths()
        .forEach(
            length -> {
              try (Arena arena = Arena.ofConfined()) {
                compare(kernel, GuardedFloats.random(arena, ROWS * length, 0, length), length);
              }
            });
  }

  private static void compare(RowsF32 kernel, GuardedFloats src, int length) {
    try (Arena arena = Arena.ofConfined()) {
      GuardedFloats scale = GuardedFloats.finite(arena, length, 0, 7);
      GuardedFloats bias = GuardedFloats.finite(arena, length, 0, 8);
      for (Function function : Function.values()) {
        for (boolean hasBias : new boolean[] {false, true}) {
          String what = function + ", rows of " + length + ", bias " + hasBias;
          GuardedFloats expected = GuardedFloats.allocate(arena, src.count(), 0);
          GuardedFloats actual = GuardedFloats.allocate(arena, src.count(), 8);
          GuardedFloats inPlace = src.copy(arena);

          run(REFERENCE, function, scale, bias, hasBias, src, expected, length);
          run(kernel, function, scale, bias, hasBias, src, actual, length);
          run(kernel, function, scale, bias, hasBias, inPlace, inPlace, length);

          actual.assertEqualTo(expected, what);
          inPlace.assertEqualTo(expected, what + ", in place");
        }
      }
    }
  }

  private static void run(
      RowsF32 kernel,
      Function function,
      GuardedFloats scale,
      GuardedFloats bias,
      boolean hasBias,
      GuardedFloats src,
      GuardedFloats dst,
      int length) {
    boolean affine = function.isAffine();
    kernel.run(
        function,
        EPSILON,
        affine ? scale.segment().asSlice(scale.at()) : null,
        affine && hasBias ? bias.segment().asSlice(bias.at()) : null,
        src.segment(),
        src.at(),
        dst.segment(),
        dst.at(),
        length,
        ROWS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 10, 77, 1000})
  void referenceMeansWhatTheContractSays(int length) {
    try (Arena arena = Arena.ofConfined()) {
      GuardedFloats src = GuardedFloats.finite(arena, ROWS * length, 0, length);
      GuardedFloats scale = GuardedFloats.finite(arena, length, 0, 7);
      GuardedFloats bias = GuardedFloats.finite(arena, length, 0, 8);
      for (Function function : Function.values()) {
        GuardedFloats dst = GuardedFloats.allocate(arena, src.count(), 0);
        run(REFERENCE, function, scale, bias, true, src, dst, length);
        for (int i = 0; i < src.count(); i++) {
          int from = i / length * length;
          double[] row = IntStream.range(from, from + length).mapToDouble(src::get).toArray();
          double expected =
              switch (function) {
                case SOFTMAX -> Math.exp(src.get(i)) / expSum(row);
                case LOG_SOFTMAX -> src.get(i) - Math.log(expSum(row));
                case LAYER_NORM ->
                    normalized(row, i - from) * scale.get(i - from) + bias.get(i - from);
                case RMS_NORM ->
                    src.get(i) / rootMeanSquare(row) * scale.get(i - from) + bias.get(i - from);
              };
          assertThat((double) dst.get(i))
              .as("%s, rows of %d, element %d", function, length, i)
              .isCloseTo(expected, within(5e-6 * Math.max(1, Math.abs(expected))));
        }
      }
    }
  }

  private static double expSum(double[] row) {
    return Arrays.stream(row).map(Math::exp).sum();
  }

  private static double rootMeanSquare(double[] row) {
    return Math.sqrt(Arrays.stream(row).map(x -> x * x).average().orElseThrow() + EPSILON);
  }

  private static double normalized(double[] row, int index) {
    double mean = Arrays.stream(row).average().orElseThrow();
    double variance = Arrays.stream(row).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
    return (row[index] - mean) / Math.sqrt(variance + EPSILON);
  }
}
