package dev.lathe.compress.recover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Progress;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LayerwiseSolverTest {

  private static final Network NETWORK =
      new RandomNet(31)
          .weights("a", 12, 6, 3, 3)
          .node("Conv", "x a", "c", Map.of())
          .node("Relu", "c", "r", Map.of())
          .weights("b", 8, 12, 3, 3)
          .node("Conv", "r b", "y", Map.of())
          .build("x", 6, 9, 9);

  private static final ListSamples SAMPLES = ListSamples.random(NETWORK, 8, 16, 3);

  /** Keeps two thirds of the weights, those of most magnitude, as they are. */
  private static final LayerMethod MASK =
      (problem, workers) -> {
        double[] weights = problem.target().clone();
        double[] original = problem.original();
        for (int i = 0; i < weights.length; i++) {
          weights[i] = Math.abs(original[i]) < 0.43 ? 0 : weights[i];
        }
        return weights;
      };

  /** The same without making up for the drift of the input. */
  private static final LayerMethod BLIND =
      (problem, workers) -> {
        double[] weights = problem.original().clone();
        for (int i = 0; i < weights.length; i++) {
          weights[i] = Math.abs(weights[i]) < 0.43 ? 0 : weights[i];
        }
        return weights;
      };

  private static List<Weight> weights() {
    return weights(NETWORK);
  }

  private static List<Weight> weights(Network network) {
    List<Weight> weights = new ArrayList<>();
    for (Node node : network.graph().nodes()) {
      if (node.is("Conv")) {
        Tensor tensor = Objects.requireNonNull(network.graph().constants().get(node.input(1)));
        weights.add(
            new Weight(node, node.input(1), tensor, WeightView.of(node, tensor.shape(), false)));
      }
    }
    return weights;
  }

  private static Network solve(LayerMethod method, boolean bias) {
    LayerwiseSolver.Solution solution =
        new LayerwiseSolver("test", method, bias, CompressionContext.of(SAMPLES))
            .solve(NETWORK, weights());
    assertThat(solution.solved()).containsExactly("a", "b");
    assertThat(solution.kept()).isEmpty();
    return solution.network();
  }

  /** Mean and mean square of the difference of the outputs, over everything. */
  private static double[] difference(Network changed) {
    double sum = 0;
    double square = 0;
    long count = 0;
    try (NetworkRunner before = new NetworkRunner(NETWORK, RunOptions.standard());
        NetworkRunner now = new NetworkRunner(changed, RunOptions.standard())) {
      for (Tensor input : SAMPLES.inputs()) {
        float[] expected = before.run(List.of(input)).getFirst().toFloats();
        float[] actual = now.run(List.of(input)).getFirst().toFloats();
        for (int i = 0; i < expected.length; i++) {
          double d = expected[i] - actual[i];
          sum += d;
          square += d * d;
          count++;
        }
      }
    }
    return new double[] {sum / count, square / count};
  }

  @Test
  void laterLayersMakeUpForEarlierOnes() {
    double blind = difference(solve(BLIND, false))[1];

    assertThat(difference(solve(MASK, false))[1]).isLessThan(0.9 * blind);
  }

  @Test
  void biasesTakeUpTheMean() {
    double without = Math.abs(difference(solve(BLIND, false))[0]);
    double with = Math.abs(difference(solve(BLIND, true))[0]);

    assertThat(without).isGreaterThan(0.05);
    assertThat(with).isCloseTo(0, within(1e-4));
  }

  /** Samples that count how often they are read. */
  private record Counted(Samples samples, AtomicInteger passes) implements Samples {
    @Override
    public String name() {
      return samples.name();
    }

    @Override
    public OptionalLong count() {
      return samples.count();
    }

    @Override
    public SamplePass open(List<ValueInfo> inputs) {
      passes.incrementAndGet();
      return samples.open(inputs);
    }

    @Override
    public Samples skip(long count) {
      return new Counted(samples.skip(count), passes);
    }
  }

  /** Passes that start behind the layers before give the same bits as those from the samples. */
  @Test
  void whatEarlierLayersMadeIsKeptWhereItFitsTheMemory() {
    RandomNet net = new RandomNet(7).weights("a", 12, 6, 3, 3).node("Conv", "x a", "y0", Map.of());
    for (int i = 0; i < 4; i++) {
      net.weights("w" + i, 12, 12, 1, 1)
          .node("Relu", "y" + i, "r" + i, Map.of())
          .node("Conv", "r" + i + " w" + i, "c" + i, Map.of())
          .node("Add", "c" + i + " y" + i, i == 3 ? "y" : "y" + (i + 1), Map.of());
    }
    Network network = net.build("x", 6, 9, 9);
    List<Network> solved = new ArrayList<>();
    List<Integer> passes = new ArrayList<>();
    for (long bytes : new long[] {300_000, 64 << 20}) {
      Counted samples = new Counted(ListSamples.random(network, 8, 16, 3), new AtomicInteger());
      CompressionContext context =
          new CompressionContext(samples, RunOptions.standard(), bytes, Progress.NONE);
      LayerwiseSolver.Solution solution =
          new LayerwiseSolver("test", MASK, true, context).solve(network, weights(network));
      assertThat(solution.solved()).hasSize(5);
      solved.add(solution.network());
      passes.add(samples.passes().get());
    }
    assertThat(OnnxWriter.toBytes(solved.get(1))).isEqualTo(OnnxWriter.toBytes(solved.get(0)));
    assertThat(passes.get(1)).as("one for the first layer, two to the second").isEqualTo(3);
    assertThat(passes.get(0)).isGreaterThanOrEqualTo(5);
  }

  @Test
  void layersThatNeedTooMuchMemoryAreKept() {
    CompressionContext small =
        new CompressionContext(SAMPLES, RunOptions.standard(), 50_000, Progress.NONE);

    LayerwiseSolver.Solution solution =
        new LayerwiseSolver("test", MASK, false, small).solve(NETWORK, weights());

    assertThat(solution.solved()).containsExactly("a");
    assertThat(solution.kept()).singleElement().asString().contains("50000 bytes");
    assertThat(solution.network().graph().constants().get("b"))
        .isSameAs(NETWORK.graph().constants().get("b"));
  }
}
