package dev.lathe.compress.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.recover.ListSamples;
import dev.lathe.compress.recover.OutputChange;
import dev.lathe.compress.recover.RandomNet;
import dev.lathe.compress.surgery.RandomNets;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Channels ranked by what their readers lose, and readers refitted without them. */
class ReconstructionTest {

  private static final int FILTER = 3 * 3 * 3;

  private static double change(Network original, Network changed, CompressionContext context) {
    try (OutputChange change = new OutputChange(original, context, "test", Long.MAX_VALUE)) {
      return change.of(changed);
    }
  }

  private static RemoveChannels remove(ChannelScore score, double sparsity) {
    return new RemoveChannels(score, new ChannelShare(sparsity, false, 1), null, null, false);
  }

  /** Eight channels of which 6 and 7 equal 0 and 1, read by a convolution of 3 x 3. */
  private static Network redundant() {
    Network drawn = new RandomNet(3).weights("w", 8, 3, 3, 3).build("x", 1);
    float[] filters = Objects.requireNonNull(drawn.graph().constants().get("w")).toFloats();
    System.arraycopy(filters, 0, filters, 6 * FILTER, 2 * FILTER);
    return new RandomNet(4)
        .constant("w", Tensor.of(filters, 8, 3, 3, 3))
        .node("Conv", "x w", "c", Map.of())
        .node("Relu", "c", "r", Map.of())
        .weights("v", 5, 8, 3, 3)
        .node("Conv", "r v", "y", Map.of())
        .build("x", 3, 8, 8);
  }

  @Test
  void channelsThatOthersMakeUpForGoFirstAndNothingIsLost() {
    Network network = redundant();
    CompressionContext context = CompressionContext.of(ListSamples.random(network, 8, 8, 5));
    RemoveChannels remove = remove(new SecondOrderScore(), 0.25);
    Network after = remove.withReconstruction().run(network, context).network();
    Tensor left = Objects.requireNonNull(after.graph().constants().get("w"));
    assertThat(left.shape().dim(0)).isEqualTo(6);
    Set<Float> distinct = new HashSet<>();
    for (int row = 0; row < 6; row++) {
      distinct.add(left.f32((long) row * FILTER));
    }
    assertThat(distinct).as("one of each pair is left").hasSize(6);
    assertThat(change(network, after, context)).isLessThan(1e-5);
    assertThat(change(network, remove.run(network, context).network(), context))
        .isGreaterThan(1e-2);
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 5, 11, 17, 23, 31})
  void refittingBringsOutputsCloser(long seed) {
    Network network = RandomNets.of(seed);
    CompressionContext context = CompressionContext.of(ListSamples.random(network, 64, 1, seed));
    RemoveChannels remove = remove(ChannelScores.parse("l1", 1), 0.3);
    Network plain = remove.run(network, context).network();
    Network fitted =
        OnnxReader.read(
            OnnxWriter.toBytes(remove.withReconstruction().run(network, context).network()));
    assertThat(change(network, fitted, context)).isLessThan(change(network, plain, context));
    assertThat(shapes(fitted)).containsAll(shapes(plain));
  }

  private static List<String> shapes(Network network) {
    return network.graph().constants().values().stream()
        .filter(tensor -> tensor.shape().rank() == 4)
        .map(Tensor::toString)
        .toList();
  }

  @Test
  void samplesAreNeverMadeUp() {
    Network network = redundant();
    for (RemoveChannels remove :
        List.of(
            remove(new SecondOrderScore(), 0.25),
            remove(ChannelScores.parse("l1", 1), 0.25).withReconstruction())) {
      assertThatThrownBy(() -> remove.run(network))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("needs samples");
    }
  }

  @Test
  void inputsThatCannotBeObservedAreAnError() {
    Network network = redundant();
    CompressionContext given = CompressionContext.of(ListSamples.random(network, 1, 8, 5));
    CompressionContext tight =
        new CompressionContext(given.samples(), given.runOptions(), 1000, given.progress());
    assertThatThrownBy(() -> remove(new SecondOrderScore(), 0.25).run(network, tight))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("1000 bytes");
  }

  /** The loss of a channel is what least squares without it leave. */
  @Test
  void lossesAreThoseOfLeastSquares() {
    int k = 6;
    double[] moment = moment(k, 40);
    double[] weights = new Random(2).doubles(3L * k, -1, 1).toArray();
    int[][] inputs = {{0, 1}, {2, 3}, {4, 5}};
    Elimination elimination = new Elimination(3);
    elimination.add(k, weights.clone(), moment, inputs);
    double[] losses = new double[3];
    List<Integer> order = elimination.run(losses, List.of(1));

    int first = order.getFirst();
    double[] updated = elimination.weights(0, 0);
    double loss = quadratic(weights, updated, moment, k);
    assertThat(losses[0])
        .isCloseTo(loss / quadratic(weights, new double[3 * k], moment, k), within(0.02));
    for (int row = 0; row < 3; row++) {
      for (int input : inputs[first]) {
        assertThat(updated[row * k + input]).isZero();
      }
    }
    // A little of any weight that is left makes it worse.
    for (int channel : order.subList(1, 3)) {
      for (int input : inputs[channel]) {
        for (double step : new double[] {-0.2, 0.2}) {
          double[] other = updated.clone();
          other[k + input] += step;
          assertThat(quadratic(weights, other, moment, k)).isGreaterThan(loss);
        }
      }
    }
    assertThat(Arrays.stream(losses).sum()).isCloseTo(1, within(0.05));
  }

  /** Of random vectors that depend on each other. */
  private static double[] moment(int k, int vectors) {
    Random random = new Random(1);
    double[] moment = new double[k * k];
    for (int v = 0; v < vectors; v++) {
      double[] x = random.doubles(k, -1, 1).toArray();
      for (int i = 1; i < k; i++) {
        x[i] += 0.5 * x[i - 1];
      }
      for (int i = 0; i < k * k; i++) {
        moment[i] += x[i / k] * x[i % k] / vectors;
      }
    }
    return moment;
  }

  private static double quadratic(double[] one, double[] other, double[] moment, int k) {
    double sum = 0;
    for (int row = 0; row < one.length; row += k) {
      for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
          sum +=
              (one[row + i] - other[row + i]) * moment[i * k + j] * (one[row + j] - other[row + j]);
        }
      }
    }
    return sum;
  }
}
