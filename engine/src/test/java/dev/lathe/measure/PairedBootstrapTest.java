package dev.lathe.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PairedBootstrapTest {

  @Test
  void equalSystemsHaveNoDifference() {
    assertThat(Bootstrap.mean(new double[500])).isEqualTo(new Bootstrap.Interval(0, 0, 0));
  }

  @Test
  void intervalIsThatOfTheNormalApproximation() {
    double[] differences = new double[2_000];
    Arrays.fill(differences, 0, 60, 100);
    Arrays.fill(differences, 60, 80, -100);
    double mean = 2;
    double deviation = Math.sqrt(80 * 100.0 * 100.0 / 2_000 - mean * mean);
    double half = 1.96 * deviation / Math.sqrt(2_000);

    Bootstrap.Interval interval = Bootstrap.mean(differences);

    assertThat(interval.value()).isCloseTo(mean, within(1e-9));
    assertThat(interval.low()).isCloseTo(mean - half, within(0.1));
    assertThat(interval.high()).isCloseTo(mean + half, within(0.1));
  }

  @Test
  void sameSamplesGiveTheSameInterval() {
    double[] differences = {1, 0, 0, -1, 1, 1, 0, 0};

    assertThat(Bootstrap.mean(differences)).isEqualTo(Bootstrap.mean(differences.clone()));
  }
}
