package dev.lathe.measure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ComparisonTest {

  private static Workload spin(String name, int rounds) {
    return Workload.of(
        name,
        () -> {
          double x = 1;
          for (int i = 0; i < rounds; i++) {
            x = Math.sqrt(x + i);
          }
          if (x < 0) {
            throw new IllegalStateException();
          }
        });
  }

  @Test
  void findsAKnownRatio() {
    Workload fast = spin("fast", 20_000);
    Workload slow = spin("slow", 80_000);
    WarmUp.of(fast, 200_000_000);
    WarmUp.of(slow, 200_000_000);

    Comparison comparison = Comparison.of(fast, slow, 30, (done, of) -> {});

    assertThat(comparison.blocks()).isEqualTo(30);
    assertThat(comparison.ratio().value()).isBetween(2.0, 8.0);
    assertThat(comparison.ratio().low()).isLessThanOrEqualTo(comparison.ratio().value());
    assertThat(comparison.ratio().high()).isGreaterThanOrEqualTo(comparison.ratio().value());
    assertThat(comparison.distinguishable()).isTrue();
  }

  @Test
  void neverMeasuresFewerThanThirtyBlocks() {
    int[] seen = new int[2];
    Comparison.of(
        spin("a", 10),
        spin("b", 10),
        1,
        (done, of) -> {
          seen[0] = done;
          seen[1] = of;
        });
    assertThat(seen).containsExactly(30, 30);
  }

  @Test
  void bootstrapIntervalsHoldTheMedianAndShrinkWithSamples() {
    double[] few = new double[10];
    double[] many = new double[1000];
    java.util.Random random = new java.util.Random(5);
    for (int i = 0; i < many.length; i++) {
      many[i] = 3 + random.nextGaussian();
      if (i < few.length) {
        few[i] = many[i];
      }
    }
    Bootstrap.Interval wide = Bootstrap.median(few);
    Bootstrap.Interval narrow = Bootstrap.median(many);
    assertThat(narrow.contains(3)).isTrue();
    assertThat(narrow.high() - narrow.low()).isLessThan(wide.high() - wide.low());
    assertThat(Bootstrap.median(many)).isEqualTo(narrow);
  }

  @Test
  void quantilesOfKnownTimes() {
    double[] nanos = new double[101];
    for (int i = 0; i <= 100; i++) {
      nanos[i] = i * 1e6;
    }
    Latency latency = Latency.of(nanos);
    assertThat(latency.min()).isZero();
    assertThat(latency.p50()).isEqualTo(50);
    assertThat(latency.p90()).isEqualTo(90);
    assertThat(latency.p99()).isEqualTo(99);
    assertThat(latency.samples()).isEqualTo(101);
  }
}
