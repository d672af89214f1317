package dev.lathe.report.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.compress.prune.Granularities;
import dev.lathe.compress.prune.Prune;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import dev.lathe.runtime.RunOptions;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpeedTargetTest {

  private static final RunOptions ONE = PruneForecastTest.ONE;

  private static SpeedTarget.Choice find(double asked, String granularity, double most) {
    return SpeedTarget.find(
        PruneForecastTest.product(), ONE, asked, granularity, most, SpeedTargetTest::make, s -> {});
  }

  private static Prune make(String granularity, double sparsity) {
    return Prune.byMagnitude(sparsity).withGranularity(Granularities.parse(granularity));
  }

  /** The example of docs/methods.md. */
  @Test
  void stepsWithoutSparseKernelsBoundTheWholeNetwork() {
    Map<String, Double> micros = Map.of("conv", 60.0, "softmax", 40.0);
    assertThat(SpeedTarget.forecast(micros, step -> step.equals("conv") ? 1 / 3.0 : 1))
        .isCloseTo(1.67, within(0.005));
    assertThat(SpeedTarget.forecast(micros, step -> step.equals("conv") ? 0 : 1))
        .isCloseTo(2.5, within(1e-12));
  }

  /** The least whole per cent whose forecast reaches the target; of patterns the least loss. */
  @Test
  void theCheapestPruningThatReachesTheTargetIsChosen() {
    SpeedTarget.Choice choice = find(1.5, "", 0.95);

    assertThat(choice.candidates())
        .extracting(SpeedTarget.Candidate::granularity)
        .containsExactly("weight", "4x4");
    assertThat(choice.best())
        .isEqualTo(
            choice.candidates().stream()
                .filter(SpeedTarget.Candidate::reached)
                .min(Comparator.comparingDouble(SpeedTarget.Candidate::loss))
                .orElseThrow());
    for (SpeedTarget.Candidate one : choice.candidates()) {
      assertThat(one.reached()).isTrue();
      assertThat(one.forecast()).isGreaterThanOrEqualTo(1.5);
      assertThat(one.loss()).isBetween(0.0, one.sparsity());
      // The whole network is at most as much faster as its one layer.
      assertThat(speedupOfLayer(one.granularity(), one.sparsity()))
          .isGreaterThanOrEqualTo(one.forecast() - 1e-9);
      assertThat(speedupOfLayer(one.granularity(), one.sparsity() - 0.03)).isLessThan(1.5 * 1.1);
    }
    // Blocks pay from fewer zeros on.
    assertThat(choice.candidates().getLast().sparsity())
        .isLessThan(choice.candidates().getFirst().sparsity());
  }

  private static double speedupOfLayer(String granularity, double sparsity) {
    Network product = PruneForecastTest.product();
    Prune.Result result = make(granularity, sparsity).run(product);
    return PruneForecast.of(result.network(), result.report(), ONE).speedup();
  }

  @Test
  void whatCannotBeReachedIsRefusedWithWhatCan() {
    assertThatThrownBy(() -> find(100, "weight", 0.9))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("can't be reached")
        .hasMessageMatching("(?s).*90 % zeros.*forecast is [1-9]\\.\\d\\dx at most.*weight.*");
    for (double nonsense : List.of(1.0, 0.5, Double.NaN, Double.POSITIVE_INFINITY)) {
      assertThatThrownBy(() -> find(nonsense, "weight", 0.9))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("above 1");
    }
    assertThatThrownBy(() -> find(2, "", 0)).hasMessageContaining("most zeros allowed");
  }
}
