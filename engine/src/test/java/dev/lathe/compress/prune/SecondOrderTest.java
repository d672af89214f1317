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
import dev.lathe.parallel.Workers;
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

  private static final Workers ALONE = new Workers(1);

  private static Weight weight(String name) {
    return weight(NETWORK, name);
  }

  private static Weight weight(Network network, String name) {
    for (Node node : network.graph().nodes()) {
      if (node.inputs().contains(name)) {
        Tensor tensor = Objects.requireNonNull(network.graph().constants().get(name));
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

    assertThat(loss).isLessThan(0.65 * loss(weight, masked));
    Prune once = prune("obs", granularity, 0.5).withScore(new ObsScore(1));
    assertThat(loss).isLessThanOrEqualTo(loss(weight, pruned(once, "w")));
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

    double[] scores = new GreedyScore().of(weight, groups, moments, ALONE);

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
        new ObsScore().of(weight, Granularities.weight().partition(weight.view()), moments, ALONE);

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

  /** Losses one after the other add up to that of the best fit without all that went. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void lossesOfBlocksAddUp(int blocks) {
    Weight weight = weight("w");
    int k = weight.view().k();
    double[] moment = damped(moments(weight).second(0));
    double[] inverse = InverseFactor.of(moment, InverseFactor.naturalOrder(k), 0).inverse();
    double[] row = Arrays.copyOf(WeightMatrix.of(weight), k);
    BlockElimination elimination = new BlockElimination(k, row.clone(), inverse.clone());
    int[] gone = new int[4 * blocks];
    double sum = 0;
    for (int block = 0; block < blocks; block++) {
      int[] at = {block, block + 8, block + 16, block + 24};
      sum += elimination.loss(at);
      elimination.remove(at);
      System.arraycopy(at, 0, gone, 4 * block, 4);
    }

    double all = new BlockElimination(k, row.clone(), inverse.clone()).loss(gone);

    assertThat(sum).isCloseTo(all, within(1e-9 * all));
    double[] left = elimination.weights();
    double changed = 0;
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < k; j++) {
        changed += (row[i] - left[i]) * moment[i * k + j] * (row[j] - left[j]);
      }
    }
    assertThat(changed).isCloseTo(all, within(1e-9 * all));
    assertThat(Arrays.stream(gone).mapToDouble(i -> left[i])).containsOnly(0.0);
  }

  private static double[] damped(double[] moment) {
    int k = (int) Math.sqrt(moment.length);
    double[] damped = moment.clone();
    for (int i = 0; i < k; i++) {
      damped[i * (k + 1)] += 0.1;
    }
    return damped;
  }

  /** Of two blocks that read the same, the second is missed once the first is gone. */
  @Test
  void ofBlocksThatReadTheSameOneStays() {
    Network twins =
        new RandomNet(5).weights("t", 12, 2).node("Gemm", "x t", "y", Map.of()).build("x", 12);
    float[] values = ListSamples.random(twins, 1, 64, 3).inputs().getFirst().toFloats();
    for (int at = 0; at < values.length; at += 12) {
      for (int i = 0; i < 4; i++) {
        values[at + 4 + i] = values[at + i];
        values[at + 8 + i] *= 0.4f;
      }
    }
    CompressionContext context =
        CompressionContext.of(new ListSamples(List.of(Tensor.of(values, 64, 12))));
    Weight weight = weight(twins, "t");
    Moments moments =
        Objects.requireNonNull(InputMoments.of(twins, List.of(weight), context, "test").get("t"));
    Partition groups = Granularities.parse("1x4").partition(weight.view());

    double[] apart = new ObsScore(1).of(weight, groups, moments, ALONE);
    double[] together = new ObsScore().of(weight, groups, moments, ALONE);

    for (int row = 0; row < 2; row++) {
      int first = row * 3;
      assertThat(apart[first]).isLessThan(apart[first + 2]);
      assertThat(apart[first + 1]).isLessThan(apart[first + 2]);
      assertThat(Math.min(together[first], together[first + 1])).isLessThan(together[first + 2]);
      assertThat(Math.max(together[first], together[first + 1]))
          .isGreaterThan(2 * together[first + 2]);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1x4", "4x4", "kernel", "filter", "2x3"})
  void scoresOfBlocksAreTheSameForEveryCrewAndZeroForZeros(String granularity) {
    Weight weight = weight("w");
    float[] values = weight.tensor().toFloats();
    Partition groups = Granularities.parse(granularity).partition(weight.view());
    weight
        .view()
        .forEach(
            (index, batch, row, tap, channel) -> {
              if (groups.group(batch, row, tap, channel) % 3 == 0) {
                values[index] = 0;
              }
            });
    Weight pruned =
        new Weight(
            weight.node(), "w", Tensor.of(values, weight.tensor().shape().dims()), weight.view());
    Moments moments = moments(weight);

    double[] scores = new ObsScore().of(pruned, groups, moments, ALONE);

    try (Workers three = new Workers(3)) {
      assertThat(new ObsScore().of(pruned, groups, moments, three)).isEqualTo(scores);
    }
    for (int group = 0; group < scores.length; group++) {
      assertThat(scores[group] == 0).as("group " + group).isEqualTo(group % 3 == 0);
      assertThat(scores[group]).isFinite();
    }
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
