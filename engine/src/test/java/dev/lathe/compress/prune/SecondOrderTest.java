package dev.lathe.compress.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.recover.InputMoments;
import dev.lathe.compress.recover.InverseFactor;
import dev.lathe.compress.recover.ListSamples;
import dev.lathe.compress.recover.Moments;
import dev.lathe.compress.recover.RandomNet;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Scores that look at samples, and the fit of what they leave. */
class SecondOrderTest {

  /** Two convolutions of correlated inputs and a product; the first convolution is not pruned. */
  private static Network network() {
    return new RandomNet(21)
        .weights("mix", 8, 3, 1, 1)
        .node("Conv", "x mix", "m", Map.of())
        .node("Relu", "m", "r", Map.of())
        .weights("w", 8, 4, 3, 3)
        .node("Conv", "r w", "c", Map.of("group", new Attribute.Int(2)))
        .node("GlobalAveragePool", "c", "p", Map.of())
        .node("Flatten", "p", "f", Map.of())
        .weights("g", 8, 6)
        .node("Gemm", "f g", "y", Map.of())
        .build("x", 3, 8, 8);
  }

  private static final Network NETWORK = network();
  private static final CompressionContext CONTEXT =
      CompressionContext.of(ListSamples.random(NETWORK, 4, 8, 2));

  private static Weight weight(String name) {
    for (Node node : NETWORK.graph().nodes()) {
      if (node.inputs().contains(name)) {
        Tensor tensor = Objects.requireNonNull(NETWORK.graph().constants().get(name));
        return new Weight(node, name, tensor, WeightView.of(node, tensor.shape(), false));
      }
    }
    throw new AssertionError(name);
  }

  private static Moments moments(Weight weight) {
    return Objects.requireNonNull(
        InputMoments.of(NETWORK, List.of(weight), CONTEXT, "test").get(weight.name()));
  }

  private static Prune prune(String method, String granularity, double sparsity) {
    return Prune.byMagnitude(sparsity)
        .withScore(PruneMethods.parse(method).score().apply(1))
        .withGranularity(Granularities.parse(granularity));
  }

  /** The mean square by which the output of a weight's product differs, summed over filters. */
  private static double loss(Weight weight, Tensor changed) {
    Moments moments = moments(weight);
    Weight other = new Weight(weight.node(), weight.name(), changed, weight.view());
    double[] before = WeightMatrix.of(weight);
    double[] now = WeightMatrix.of(other);
    int k = moments.k();
    double loss = 0;
    for (int row = 0; row < weight.view().rows(); row++) {
      double[] moment = moments.second(row / weight.view().n());
      for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
          loss +=
              (before[row * k + i] - now[row * k + i])
                  * moment[i * k + j]
                  * (before[row * k + j] - now[row * k + j]);
        }
      }
    }
    return loss;
  }

  private static Tensor pruned(Prune prune, String weight) {
    Network result = prune.run(NETWORK, CONTEXT).network();
    return Objects.requireNonNull(result.graph().constants().get(weight));
  }

  @ParameterizedTest
  @ValueSource(strings = {"weight", "1x4", "4x4", "2:4", "kernel"})
  void whatIsLeftMakesUpForWhatWent(String granularity) {
    // The first layer that is pruned reads what it read before.
    Weight weight = weight("w");
    Tensor fitted = pruned(prune("obs", granularity, 0.5), "w");
    float[] values = weight.tensor().toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = fitted.f32(i) == 0 ? 0 : values[i];
    }
    Tensor masked = Tensor.of(values, weight.tensor().shape().dims());

    double loss = loss(weight, fitted);

    assertThat(loss).isLessThan(0.6 * loss(weight, masked));
    assertThat(loss).isLessThan(loss(weight, pruned(prune("l1", granularity, 0.5), "w")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"weight", "1x4", "4x4", "kernel"})
  void greedyChangesTheOutputLessThanMagnitudes(String granularity) {
    Weight weight = weight("w");

    assertThat(loss(weight, pruned(prune("greedy", granularity, 0.5), "w")))
        .isLessThan(0.9 * loss(weight, pruned(prune("l1", granularity, 0.5), "w")));
  }

  @ParameterizedTest
  @CsvSource({"sensitivity, weight", "greedy, 4x4", "obs, 1x4", "obs, 2:4", "obs, filter"})
  void theBudgetIsKeptExactlyAndSurvivesTheFile(String method, String granularity) {
    Prune prune = prune(method, granularity, 0.5);
    Prune.Result result = prune.run(NETWORK, CONTEXT);

    for (PruneReport.Layer layer : result.report().layers()) {
      assertThat(layer.zerosAfter()).as(layer.node()).isEqualTo(layer.parameters() / 2);
    }
    byte[] file = OnnxWriter.toBytes(result.network());
    assertThat(OnnxWriter.toBytes(prune.run(NETWORK, CONTEXT).network())).isEqualTo(file);
    Network read = OnnxReader.read(file);
    Tensor before = Objects.requireNonNull(result.network().graph().constants().get("w"));
    Tensor after = Objects.requireNonNull(read.graph().constants().get("w"));
    assertThat(after.toFloats()).isEqualTo(before.toFloats());
    assertThat(read.metadata().get(Prune.METADATA_KEY)).startsWith(method + " of " + granularity);
  }

  @Test
  void greedyScoresFollowTheOrderOfRemoval() {
    Weight weight = weight("g");
    Moments moments = moments(weight);
    Partition groups = Granularities.weight().partition(weight.view());

    double[] scores = new GreedyScore().of(weight, groups, moments);

    // The loss of the n lowest of a filter grows by at most their score each.
    double[] matrix = WeightMatrix.of(weight);
    int k = moments.k();
    for (int row = 0; row < weight.view().rows(); row++) {
      boolean[] gone = new boolean[k];
      double last = 0;
      for (int step = 0; step < k; step++) {
        int next = -1;
        for (int j = 0; j < k; j++) {
          next = !gone[j] && (next < 0 || scores[row * k + j] < scores[row * k + next]) ? j : next;
        }
        gone[next] = true;
        double loss = 0;
        for (int i = 0; i < k; i++) {
          for (int j = 0; j < k; j++) {
            loss +=
                gone[i] && gone[j]
                    ? matrix[row * k + i] * matrix[row * k + j] * moments.second(0)[i * k + j]
                    : 0;
          }
        }
        assertThat(loss - last).isLessThanOrEqualTo(scores[row * k + next] * (1 + 1e-9) + 1e-12);
        last = loss;
      }
    }
  }

  /** Between what the fit loses, which is damped less, and what zeroing alone would. */
  @Test
  void obsScoresAreLossesAfterTheFit() {
    Weight weight = weight("g");
    Moments moments = moments(weight);
    int k = moments.k();
    double[] matrix = WeightMatrix.of(weight);
    double[] scores =
        new ObsScore().of(weight, Granularities.weight().partition(weight.view()), moments);

    Prune one = prune("obs", "weight", 1.0 / weight.view().elements());
    Tensor changed = pruned(one.withNodes(Pattern.compile("^n_y$"), null), "g");

    double mean = 0;
    for (int j = 0; j < k; j++) {
      mean += moments.second(0)[j * (k + 1)] / k;
    }
    for (int at = 0; at < scores.length; at++) {
      double energy = moments.second(0)[at % k * (k + 1)] + InverseFactor.DAMPING * mean;
      assertThat(scores[at]).isLessThanOrEqualTo(matrix[at] * matrix[at] * energy * (1 + 1e-9));
    }
    assertThat(Weight.zeros(changed)).isEqualTo(1);
    assertThat(loss(weight, changed)).isLessThan(Arrays.stream(scores).min().orElseThrow());
  }

  /** The example of docs/methods.md. */
  @Test
  void theExample() {
    double[] moment = {1, 0.9, 0.9, 1};
    InverseFactor inverse = InverseFactor.of(moment, InverseFactor.naturalOrder(2), 0);

    // w = [1, 1]: each alone has energy 1; with the other at 1 + 0.9 the output changes by 0.19.
    assertThat(1 / inverse.inverse()[0]).isCloseTo(0.19, within(1e-12));
    double[] changed = {-1, 0.9};
    double loss = 0;
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 2; j++) {
        loss += changed[i] * moment[i * 2 + j] * changed[j];
      }
    }
    assertThat(loss).isCloseTo(0.19, within(1e-12));
  }

  @Test
  void needSamples() {
    for (String method : List.of("sensitivity", "greedy", "obs")) {
      assertThatThrownBy(() -> prune(method, "weight", 0.5).run(NETWORK))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("method " + method + " needs samples");
    }
  }
}
