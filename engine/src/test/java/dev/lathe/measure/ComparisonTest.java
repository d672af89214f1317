package dev.lathe.measure;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ComparisonTest {

  /** The time that has passed for the workloads of a test. */
  private long now;

  private Workload taking(String name, long nanos) {
    return Workload.of(name, () -> now += nanos);
  }

  @Test
  void findsAKnownRatioWhileTheMachineSlowsDown() {
    double[] drift = {1};
    Workload fast = Workload.of("fast", () -> now += Math.round(2_000_000 * (drift[0] *= 1.001)));
    Workload slow = Workload.of("slow", () -> now += Math.round(6_000_000 * (drift[0] *= 1.001)));

    Comparison comparison = Comparison.of(fast, slow, 40, (done, of) -> {}, () -> now);

    assertThat(comparison.blocks()).isEqualTo(40);
    assertThat(comparison.ratio().value()).isCloseTo(3, Offset.offset(0.01));
    assertThat(comparison.ratio().low()).isLessThanOrEqualTo(comparison.ratio().value());
    assertThat(comparison.ratio().high()).isGreaterThanOrEqualTo(comparison.ratio().value());
    assertThat(comparison.distinguishable()).isTrue();
    assertThat(comparison.latencyB().p50()).isGreaterThan(6);
  }

  @Test
  void equalWorkloadsAreNotDistinguishable() {
    Comparison comparison =
        Comparison.of(taking("a", 100), taking("b", 100), 30, (done, of) -> {}, () -> now);
    assertThat(comparison.distinguishable()).isFalse();
  }

  @Test
  void neverMeasuresFewerThanThirtyBlocks() {
    int[] seen = new int[2];
    Comparison.of(
        taking("a", 10),
        taking("b", 10),
        1,
        (done, of) -> {
          seen[0] = done;
          seen[1] = of;
        },
        () -> now);
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
