package dev.lathe.compress.recover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InverseFactorTest {

  /** {@code X^T X / rows} of seeded numbers. */
  private static double[] moment(int k, int rows, long seed) {
    Random random = new Random(seed);
    double[] moment = new double[k * k];
    for (int r = 0; r < rows; r++) {
      double[] x = random.doubles(k, -1, 1).toArray();
      for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
          moment[i * k + j] += x[i] * x[j] / rows;
        }
      }
    }
    return moment;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 8, 9, 16, 33})
  void theFactorIsThatOfTheInverse(int k) {
    double[] moment = moment(k, 3 * k + 2, k);
    int[] order = InverseFactor.byEnergy(moment, k);

    InverseFactor inverse = InverseFactor.of(moment, order, 0.01);

    double[] u = inverse.factor();
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < k; j++) {
        // (U^T U) (H + lambda I) = I, all in the order asked for
        double sum = 0;
        for (int p = 0; p < k; p++) {
          double left = 0;
          for (int q = 0; q < k; q++) {
            left += u[q * k + i] * u[q * k + p];
          }
          double damped = moment[order[p] * k + order[j]] + (p == j ? inverse.lambda() : 0);
          sum += left * damped;
        }
        assertThat(sum).as("%d, %d", i, j).isCloseTo(i == j ? 1 : 0, within(1e-9));
        assertThat(j < i ? u[i * k + j] : 0).isZero();
      }
    }
  }

  @Test
  void solvesARow() {
    int k = 12;
    double[] moment = moment(k, 40, 5);
    InverseFactor inverse = InverseFactor.of(moment, InverseFactor.naturalOrder(k), 0);
    double[] x = new Random(6).doubles(k).toArray();
    double[] b = new double[k];
    for (int j = 0; j < k; j++) {
      for (int i = 0; i < k; i++) {
        b[j] += x[i] * moment[i * k + j];
      }
    }

    assertThat(inverse.solve(b)).containsExactly(x, within(1e-9));
    double[] unit = new double[k];
    unit[3] = 1;
    assertThat(inverse.inverse()[3 * k + 3]).isCloseTo(inverse.solve(unit)[3], within(1e-9));
  }

  @Test
  void inputsOfMostEnergyComeFirst() {
    double[] moment = {1, 0, 0, 0, 9, 0, 0, 0, 4};

    assertThat(InverseFactor.byEnergy(moment, 3)).containsExactly(1, 2, 0);
  }

  @Test
  void aSingularMomentIsDampedUntilItWorks() {
    int k = 24;
    // Five vectors span five directions of 24.
    InverseFactor inverse = InverseFactor.of(moment(k, 5, 1), InverseFactor.naturalOrder(k), 0);

    assertThat(inverse.lambda()).isPositive();
    assertThat(Arrays.stream(inverse.factor()).allMatch(Double::isFinite)).isTrue();
  }

  @Test
  void inputsThatAreAlwaysZeroAreLeftAlone() {
    double[] moment = {2, 0, 1, 0, 0, 0, 1, 0, 2};

    InverseFactor inverse = InverseFactor.of(moment, InverseFactor.naturalOrder(3), 0);

    assertThat(inverse.factor()[4]).isEqualTo(1);
    assertThat(inverse.inverse()[0]).isCloseTo(2.0 / 3, within(1e-12));
    assertThat(InverseFactor.of(new double[9], InverseFactor.naturalOrder(3), 0.01).factor())
        .containsExactly(1, 0, 0, 0, 1, 0, 0, 0, 1);
  }

  @Test
  void whatIsNoMomentIsRefused() {
    double[] nan = new double[4];
    Arrays.fill(nan, Double.NaN);

    assertThatThrownBy(() -> InverseFactor.of(nan, InverseFactor.naturalOrder(2), 0.01))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                InverseFactor.of(new double[] {-1, 0, 0, -1}, InverseFactor.naturalOrder(2), 0.01))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
