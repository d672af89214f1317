package dev.lathe.compress.recover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InputMomentsTest {

  private static final Map<String, Attribute> SAME =
      Map.of(
          "pads", new Attribute.Ints(List.of(1L, 2L, 0L, 1L)),
          "strides", new Attribute.Ints(List.of(2L, 1L)),
          "dilations", new Attribute.Ints(List.of(1L, 2L)));

  private static Weight weight(Network network, String name) {
    for (Node node : network.graph().nodes()) {
      if (node.inputs().contains(name)) {
        Tensor tensor = Objects.requireNonNull(network.graph().constants().get(name));
        boolean left = !node.input(1).equals(name);
        return new Weight(node, name, tensor, WeightView.of(node, tensor.shape(), left));
      }
    }
    throw new AssertionError(name);
  }

  private static Network network(String form) {
    RandomNet net = new RandomNet(3);
    return switch (form) {
      case "conv" ->
          net.weights("w", 5, 4, 3, 2).node("Conv", "x w", "y", SAME).build("x", 4, 7, 6);
      case "grouped" ->
          net.weights("w", 6, 2, 3, 2)
              .node("Conv", "x w", "y", with("group", 2, SAME))
              .build("x", 4, 7, 6);
      case "depthwise" ->
          net.weights("w", 4, 1, 3, 2)
              .node("Conv", "x w", "y", with("group", 4, SAME))
              .build("x", 4, 7, 6);
      case "conv1d" ->
          net.weights("w", 5, 4, 3)
              .node("Conv", "x w", "y", Map.of("auto_pad", new Attribute.Text("SAME_UPPER")))
              .build("x", 4, 9);
      case "gemm" -> net.weights("w", 6, 5).node("Gemm", "x w", "y", Map.of()).build("x", 6);
      case "gemm transposed" ->
          net.weights("w", 5, 6)
              .node("Gemm", "x w", "y", Map.of("transB", new Attribute.Int(1)))
              .build("x", 6);
      case "matmul" -> net.weights("w", 6, 5).node("MatMul", "x w", "y", Map.of()).build("x", 3, 6);
      case "stacked" ->
          net.weights("w", 2, 6, 5).node("MatMul", "x w", "y", Map.of()).build("x", 2, 3, 6);
      case "left" -> net.weights("w", 5, 6).node("MatMul", "w x", "y", Map.of()).build("x", 6, 3);
      default -> throw new AssertionError(form);
    };
  }

  private static Map<String, Attribute> with(
      String key, long value, Map<String, Attribute> others) {
    Map<String, Attribute> all = new java.util.HashMap<>(others);
    all.put(key, new Attribute.Int(value));
    return all;
  }

  /**
   * The moments foretell the outputs: {@code E[y^2] = w E[x x^T] w^T} and {@code E[y] = w E[x]},
   * for the mean over all filters, samples and positions.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "conv",
        "grouped",
        "depthwise",
        "conv1d",
        "gemm",
        "gemm transposed",
        "matmul",
        "stacked",
        "left"
      })
  void foretellTheOutput(String form) {
    Network network = network(form);
    ListSamples samples = ListSamples.random(network, 5, 3, 9);
    Weight weight = weight(network, "w");

    Moments moments =
        Objects.requireNonNull(
            InputMoments.of(network, List.of(weight), CompressionContext.of(samples), "test")
                .get("w"));

    double sum = 0;
    double squares = 0;
    long count = 0;
    try (NetworkRunner runner = new NetworkRunner(network, RunOptions.standard())) {
      for (Tensor input : samples.inputs()) {
        for (float y : runner.run(List.of(input)).getFirst().toFloats()) {
          sum += y;
          squares += y * y;
          count++;
        }
      }
    }
    double[] matrix = WeightMatrix.of(weight);
    int k = moments.k();
    double foretold = 0;
    double foretoldSquares = 0;
    for (int row = 0; row < weight.view().rows(); row++) {
      int batch = row / weight.view().n();
      for (int i = 0; i < k; i++) {
        foretold += matrix[row * k + i] * moments.mean(batch)[i];
        for (int j = 0; j < k; j++) {
          foretoldSquares +=
              matrix[row * k + i] * matrix[row * k + j] * moments.second(batch)[i * k + j];
        }
      }
    }
    assertThat(foretold / weight.view().rows()).isCloseTo(sum / count, within(1e-5));
    assertThat(foretoldSquares / weight.view().rows()).isCloseTo(squares / count, within(1e-4));
  }

  @Test
  void areTheSameAtEveryThreadCountAndMemoryLimit() {
    Network network =
        new RandomNet(4)
            .weights("a", 16, 8, 3, 3)
            .node("Conv", "x a", "h", Map.of())
            .weights("b", 4, 16, 3, 3)
            .node("Conv", "h b", "y", Map.of())
            .build("x", 8, 9, 9);
    ListSamples samples = ListSamples.random(network, 4, 2, 1);
    List<Weight> weights = List.of(weight(network, "a"), weight(network, "b"));
    CompressionContext plenty = CompressionContext.of(samples);

    Map<String, Moments> all = InputMoments.of(network, weights, plenty, "test");
    CompressionContext tight =
        new CompressionContext(
            samples, RunOptions.standard().withThreads(3), 170_000, plenty.progress());
    Map<String, Moments> inTwoPasses = InputMoments.of(network, weights, tight, "test");

    for (Weight weight : weights) {
      Moments one = Objects.requireNonNull(all.get(weight.name()));
      Moments other = Objects.requireNonNull(inTwoPasses.get(weight.name()));
      assertThat(one.rows()).isEqualTo(other.rows());
      assertThat(Arrays.equals(one.second(0), other.second(0))).as(weight.name()).isTrue();
      assertThat(Arrays.equals(one.mean(0), other.mean(0))).isTrue();
    }
    CompressionContext small =
        new CompressionContext(samples, RunOptions.standard(), 100_000, plenty.progress());
    assertThat(InputMoments.of(network, weights, small, "test")).containsOnlyKeys("a");
  }

  @Test
  void needSamples() {
    Network network = network("gemm");

    assertThatThrownBy(
            () ->
                InputMoments.of(
                    network, List.of(weight(network, "w")), CompressionContext.none(), "rounding"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("rounding needs samples");
  }

  @Test
  void rowsAreSpreadOverEverySampleTheSameWayInEveryBatch() {
    RowChoice choice = new RowChoice("w", 3);

    long[] together = choice.of(40, 4, 3, 0);

    assertThat(together).hasSize(9);
    for (int sample = 0; sample < 3; sample++) {
      long[] alone = choice.of(10, 1, 1, sample);
      for (int i = 0; i < 3; i++) {
        assertThat(together[sample * 3 + i]).isEqualTo(sample * 10L + alone[i]);
        assertThat(alone[i]).isBetween(10L * i / 3, 10L * (i + 1) / 3 - 1);
      }
    }
    assertThat(new RowChoice("w", 100).of(10, 1, 1, 7))
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  }
}
