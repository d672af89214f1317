package dev.lathe.compress.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.error.UsageException;
import dev.lathe.quant.Range;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObserverTest {

  @ParameterizedTest
  @ValueSource(strings = {"minmax", "average", "percentile", "percentile:100", "entropy", "mse"})
  void nothingObservedIsZero(String method) {
    assertThat(CalibrationMethods.parse(method).observer().range()).isEqualTo(new Range(0, 0));
  }

  @Test
  void minMaxKeepsTheExtremes() {
    Observer observer = CalibrationMethods.minMax().observer();
    observer.observe(new float[] {3, -1, 99}, 2);
    observer.observe(new float[] {2, 5}, 2);

    assertThat(observer.range()).isEqualTo(new Range(-1, 5));
  }

  @Test
  void wholeRangeIsMinMaxForAllPercent() {
    Observer observer = CalibrationMethods.parse("percentile:100").observer();
    observer.observe(new float[] {-1.25f, 0, 7.5f}, 3);

    assertThat(observer.range()).isEqualTo(new Range(-1.25f, 7.5f));
  }

  @Test
  void aRareOutlierIsLeftOut() {
    Observer observer = CalibrationMethods.parse("percentile:99").observer();
    float[] values = new float[10_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i / 10_000f;
    }
    values[0] = 1000;
    observer.observe(values, values.length);

    // Bins are 1024 / 4096 = 0.25 wide: the outlier takes the precision, not the range.
    assertThat(observer.range().max()).isBetween(0.995f, 1.25f);

    Observer fine = CalibrationMethods.parse("percentile:99").observer();
    values[0] = 0;
    fine.observe(values, values.length);
    assertThat(fine.range().min()).isCloseTo(0.005f, within(1f / 2048));
    assertThat(fine.range().max()).isCloseTo(0.995f, within(1f / 2048));
  }

  @Test
  void percentileOfNormalDataIsTheQuantile() {
    Random random = new Random(1);
    Observer observer = CalibrationMethods.parse("percentile:95.45").observer();
    float[] values = new float[4096];
    for (int call = 0; call < 100; call++) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      observer.observe(values, values.length);
    }

    assertThat(observer.range().min()).isCloseTo(-2, within(0.02f)); // two sigma
    assertThat(observer.range().max()).isCloseTo(2, within(0.02f));
  }

  @Test
  void orderAndSplitDontMatterThoughTheRangeGrows() {
    Random random = new Random(2);
    float[] values = new float[5000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(20) - 10));
    }
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    Observer atOnce = CalibrationMethods.parse("percentile:90").observer();
    atOnce.observe(values, values.length);
    Observer inOrder = CalibrationMethods.parse("percentile:90").observer();
    float[] one = new float[1];
    for (float value : sorted) {
      one[0] = value;
      inOrder.observe(one, 1);
    }
    Observer growing = CalibrationMethods.parse("percentile:90").observer();
    Float[] byMagnitude = new Float[values.length];
    for (int i = 0; i < values.length; i++) {
      byMagnitude[i] = values[i];
    }
    Arrays.sort(byMagnitude, (a, b) -> Float.compare(Math.abs(a), Math.abs(b)));
    for (float value : byMagnitude) {
      one[0] = value;
      growing.observe(one, 1);
    }

    assertThat(inOrder.range()).isEqualTo(atOnce.range());
    assertThat(growing.range()).isEqualTo(atOnce.range());
  }

  @Test
  void extremeMagnitudesHaveBins() {
    Observer observer = CalibrationMethods.parse("percentile:100").observer();
    observer.observe(new float[] {Float.MIN_VALUE, -Float.MAX_VALUE, Float.MAX_VALUE, -0f}, 4);

    assertThat(observer.range()).isEqualTo(new Range(-Float.MAX_VALUE, Float.MAX_VALUE));
    Observer zeros = CalibrationMethods.parse("percentile:99").observer();
    zeros.observe(new float[8], 8);
    assertThat(zeros.range()).isEqualTo(new Range(0, 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "max", "minmax:3", "mse:1", "percentile:x", "percentile:49", "percentile:NaN"})
  void unknownMethodsAreUsageErrors(String text) {
    assertThatThrownBy(() -> CalibrationMethods.parse(text))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("minmax, average, percentile, entropy, mse");
  }
}
