package dev.lathe.compress.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.quant.Levels;
import dev.lathe.quant.QuantParams;
import dev.lathe.quant.Range;
import dev.lathe.quant.Scheme;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What entropy and mse make of distributions. */
class ChoiceTest {

  private static final int VALUES = 50_000;

  private final Random random = new Random(8);

  @Test
  void entropyClipsAnOutlier() {
    float[] values = values(random::nextGaussian);
    values[77] = 40;

    Range range = range("entropy", values);

    assertThat(range.max()).isBetween(2.5f, 20f);
    assertThat(range.min()).isBetween(-6f, -2.5f);
  }

  /**
   * Of values in [0, 1], 1.1 is clipped: a coarser grid for 50,000 values costs more than 0.1
   * squared. 40 is kept, since 39 squared is more than any grid costs.
   */
  @Test
  void mseClipsAnOutlierOnlyWhereThatCostsLess() {
    float[] values = values(random::nextDouble);
    values[77] = 40;
    assertThat(range("mse", values).max()).isGreaterThan(36);
    values[77] = 1.1f;
    assertThat(range("mse", values).max()).isLessThan(1.06f);
  }

  @ParameterizedTest
  @ValueSource(strings = {"entropy", "mse"})
  void uniformValuesKeepTheirRange(String method) {
    Range range = range(method, values(() -> random.nextDouble() * 6));

    assertThat(range.max()).isCloseTo(6, within(0.1f));
    assertThat(range.min()).isBetween(0f, 0.01f);
  }

  @ParameterizedTest
  @ValueSource(strings = {"entropy", "mse"})
  void zerosAfterReluDoNotDecide(String method) {
    float[] values = values(random::nextGaussian);
    float[] rectified = values.clone();
    for (int i = 0; i < values.length; i++) {
      rectified[i] = Math.abs(values[i]);
    }
    float[] withZeros = new float[10 * VALUES];
    System.arraycopy(rectified, 0, withZeros, 0, VALUES);

    assertThat(range(method, withZeros).max())
        .isCloseTo(range(method, rectified).max(), within(0.35f));
  }

  @ParameterizedTest
  @ValueSource(strings = {"entropy", "mse"})
  void degenerateTensorsHaveARange(String method) {
    assertThat(range(method, new float[9])).isEqualTo(new Range(0, 0));
    assertThat(range(method, new float[] {5}).max()).isEqualTo(5);
    assertThat(range(method, new float[] {-5, -5}).min()).isEqualTo(-5);
    assertThat(range(method, new float[] {Float.MIN_VALUE}).max()).isLessThan(1e-36f);
    float most = Float.MAX_VALUE;
    Range whole = range(method, new float[] {-most, most, 0});
    assertThat(whole.withZero().max()).isPositive();
    assertThat(whole.withZero().min()).isNegative();
  }

  @ParameterizedTest
  @ValueSource(strings = {"entropy", "mse"})
  void rangesStayWithinWhatWasSeen(String method) {
    for (int trial = 0; trial < 30; trial++) {
      double shift = random.nextGaussian() * 2;
      double spread = Math.pow(2, random.nextInt(20) - 10);
      float[] values = values(() -> Math.pow(random.nextGaussian(), 3) * spread + shift);
      Range seen = range("minmax", values).withZero();
      Range chosen = range(method, values).withZero();

      assertThat(chosen.min()).isGreaterThanOrEqualTo(seen.min());
      assertThat(chosen.max()).isLessThanOrEqualTo(seen.max());
    }
  }

  /** On the values themselves, not on the histogram. */
  @Test
  void mseIsNeverAboveMinMaxAndNearTheBestOfAFineSearch() {
    for (int trial = 0; trial < 8; trial++) {
      double power = 1 + trial % 4;
      float[] values =
          values(() -> Math.pow(Math.abs(random.nextGaussian()), power) * random.nextInt(-1, 3));
      Range seen = range("minmax", values).withZero();
      double chosen = squaredError(values, range("mse", values));
      double best = Double.POSITIVE_INFINITY;
      for (int low = 1; low <= 20; low++) {
        for (int high = 1; high <= 20; high++) {
          Range candidate = new Range(seen.min() * low / 20, seen.max() * high / 20);
          best = Math.min(best, squaredError(values, candidate));
        }
      }

      assertThat(chosen).isLessThanOrEqualTo(1.001 * squaredError(values, seen));
      assertThat(chosen).isLessThanOrEqualTo(1.03 * best);
    }
  }

  /** Few levels are worth clipping more for; with many there is nothing to gain by it. */
  @ParameterizedTest
  @ValueSource(strings = {"entropy", "mse"})
  void rangesAreChosenForTheLevelsThereWillBe(String method) {
    float[] values = values(random::nextGaussian);
    Range seen = range("minmax", values);
    Range wider = seen;
    for (int bits : new int[] {16, 12, 8, 6, 4, 3, 2}) {
      Range range = range(method, bits, values);

      assertThat(range.max()).isLessThanOrEqualTo(wider.max());
      assertThat(range.min()).isGreaterThanOrEqualTo(wider.min());
      if (method.equals("mse")) {
        assertThat(squaredError(values, bits, range))
            .isLessThanOrEqualTo(1.001 * squaredError(values, bits, seen) + 1e-9);
      }
      wider = range;
    }
    assertThat(range(method, 16, values).max()).isGreaterThan(0.95f * seen.max());
    assertThat(wider.max()).isLessThan(0.75f * range(method, 8, values).max());
  }

  private static double squaredError(float[] values, Range range) {
    return squaredError(values, 8, range);
  }

  private static double squaredError(float[] values, int bits, Range range) {
    QuantParams params = QuantParams.choose(Scheme.AFFINE, Levels.unsigned(bits), range);
    double sum = 0;
    for (float value : values) {
      double error = value - params.dequantize(params.quantize(value, 0), 0);
      sum += error * error;
    }
    return sum;
  }

  private static float[] values(DoubleSupplier next) {
    float[] values = new float[VALUES];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) next.getAsDouble();
    }
    return values;
  }

  private static Range range(String method, float[] values) {
    return range(method, 8, values);
  }

  private static Range range(String method, int bits, float[] values) {
    Observer observer = CalibrationMethods.parse(method).withBits(bits).observer();
    observer.observe(values, values.length);
    observer.endBatch();
    return observer.range();
  }
}
