package dev.lathe.report.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.compress.prune.Granularities;
import dev.lathe.compress.prune.Prune;
import dev.lathe.compress.prune.Share;
import dev.lathe.cpu.Isa;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.measure.SeededInputs;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PruneForecastTest {

  static final RunOptions ONE = RunOptions.standard().withIsa(Isa.VECTOR128).withThreads(1);

  /** 384 rows of 256 elements times a matrix of 256 columns. */
  static Network product() {
    Graph graph =
        new Graph(
            "product",
            List.of(ValueInfo.of("x", DType.FLOAT32, 384, 256)),
            List.of(new ValueInfo("y", null, null, null)),
            Map.of("w", SeededInputs.of(TensorFact.of(DType.FLOAT32, Shape.of(256, 256)), 1)),
            List.of(Node.of("product", "", "MatMul", List.of("x", "w"), List.of("y"), Map.of())),
            Map.of(),
            null);
    return new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
  }

  private static PruneForecast.Layer pruned(String granularity, double sparsity) {
    Prune.Result result =
        Prune.byMagnitude(0)
            .withGranularity(Granularities.parse(granularity))
            .withBudget(new Share(sparsity, false))
            .run(product());
    PruneForecast forecast = PruneForecast.of(result.network(), result.report(), ONE);
    assertThat(forecast.obstacle()).isEmpty();
    assertThat(forecast.speedup()).isEqualTo(forecast.layers().getFirst().forecast().speedup());
    return forecast.layers().getFirst();
  }

  /** The kernel that the plan has is the one the forecast says. */
  @Test
  void theForecastIsWhatThePlannerDid() {
    for (double sparsity : new double[] {0, 0.5, 0.95}) {
      Prune.Result result = Prune.byMagnitude(sparsity).run(product());
      try (NetworkRunner runner = new NetworkRunner(result.network(), ONE)) {
        var plan = runner.planFor(runner.declaredFacts(1));
        boolean sparse =
            plan.steps().stream().anyMatch(step -> step.step().kernel().contains("spmm"));
        SparseForecast forecast = plan.forecasts().get("product");
        assertThat(forecast).isNotNull();
        assertThat(forecast.chosen()).isEqualTo(sparse);
        assertThat(forecast.why()).startsWith(sparse ? "sparse: " : "dense: ");
        assertThat(forecast.sparsity()).isCloseTo(sparsity, within(1e-4));
      }
    }
  }

  @Test
  void zerosPayFromTheBreakEvenOn() {
    double single = pruned("weight", 0).forecast().breakEven();
    assertThat(single).isBetween(0.3, 0.9);
    assertThat(pruned("weight", single - 0.02).idle()).isTrue();
    PruneForecast.Layer above = pruned("weight", single + 0.02);
    assertThat(above.idle()).isFalse();
    assertThat(above.forecast().speedup()).isGreaterThan(1);
    assertThat(pruned("weight", single + 0.05).forecast().speedup())
        .isGreaterThan(above.forecast().speedup());
  }

  @Test
  void blocksAreProposedWhereTheyPay() {
    SparseForecast dense = pruned("weight", 0).forecast();
    double between = (dense.breakEven() + dense.blockBreakEven()) / 2;
    assertThat(pruned("weight", between).advice()).contains("use --granularity 4x4, pays from");
    assertThat(pruned("4x4", between).idle()).isFalse();
    assertThat(pruned("4x4", dense.blockBreakEven() - 0.05).advice()).contains("ask for more than");
  }
}
