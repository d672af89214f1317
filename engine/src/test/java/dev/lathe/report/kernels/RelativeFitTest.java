package dev.lathe.report.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RelativeFitTest {

  @Test
  void findsWhatTheTimesWereMadeOf() {
    Random random = new Random(1);
    List<double[]> rows = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      double a = 1 + random.nextInt(1000);
      double b = 1 + random.nextInt(50);
      double c = 1 + random.nextInt(20_000);
      rows.add(new double[] {a, b, c, 4 * a + 20 * b + 0.3 * c});
    }
    double[] x = RelativeFit.of(rows);
    assertThat(x[0]).isCloseTo(4, within(1e-3));
    assertThat(x[1]).isCloseTo(20, within(0.1));
    assertThat(x[2]).isCloseTo(0.3, within(1e-3));
  }

  /** Times that fall where they should rise, as noise may make them, still give positive costs. */
  @Test
  void unknownsStayPositive() {
    List<double[]> rows =
        List.of(new double[] {1, 1, 10}, new double[] {1, 2, 9}, new double[] {1, 3, 8});
    double[] x = RelativeFit.of(rows);
    assertThat(x[0]).isPositive();
    assertThat(x[1]).isPositive().isLessThan(0.1);
  }
}
