package dev.lathe.compress.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.recover.ListSamples;
import dev.lathe.compress.recover.RandomNet;
import dev.lathe.compress.weights.DequantizedWeights;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.quant.Scheme;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights first, then activations: the second step keeps what the first one chose. */
class KeptLevelsTest {

  private static final Network NETWORK =
      new RandomNet(9)
          .weights("w", 6, 3, 3, 3)
          .node("Conv", "x w", "c", Map.of())
          .node("Relu", "c", "r", Map.of())
          .weights("v", 5, 6, 3, 3)
          .node("Conv", "r v", "d", Map.of())
          .node("GlobalAveragePool", "d", "p", Map.of())
          .node("Flatten", "p", "f", Map.of())
          .weights("g", 5, 4)
          .node("Gemm", "f g", "y", Map.of())
          .build("x", 3, 8, 8);
  private static final CompressionContext CONTEXT =
      CompressionContext.of(ListSamples.random(NETWORK, 2, 8, 4));
  private static final Quantize INTEGERS = Quantize.of(QuantizeOptions.standard());

  private static Network coded(Network network, String scheme) {
    return scheme.startsWith("int")
        ? integers(scheme).run(network, CompressionContext.none()).network()
        : QuantizeWeights.by(scheme).run(network, CompressionContext.none()).network();
  }

  private static Quantize integers(String scheme) {
    String[] words = scheme.substring(3).split(" ", 2);
    return Quantize.of(
        QuantizeOptions.standard()
            .withWeights(
                Integer.parseInt(words[0]),
                words.length > 1 ? Scheme.AFFINE : Scheme.SYMMETRIC,
                QuantizeOptions.Granularity.CHANNEL)
            .withActivations(null));
  }

  /** What a node's weight stands for, quantized or not. */
  private static float[] weight(Network network, String node) {
    Network floats = network.withGraph(DequantizedWeights.of(network.graph()).graph());
    Node found =
        floats.graph().nodes().stream()
            .filter(n -> n.name().equals(node))
            .findFirst()
            .orElseThrow();
    Tensor values = Objects.requireNonNull(floats.graph().constants().get(found.input(1)), node);
    return values.toFloats();
  }

  private static Network written(Network network) {
    return OnnxReader.read(OnnxWriter.toBytes(network));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ternary", "binary", "pow2:4", "int4", "int3 affine", "int8", "int8 affine"})
  void valuesStayTheSameBits(String scheme) {
    Network first = written(coded(NETWORK, scheme));

    for (Set<Repair> repairs : List.of(Set.<Repair>of(), Set.of(Repair.RECONSTRUCT))) {
      Quantize.Result second = INTEGERS.withRepairs(repairs).run(first, CONTEXT);
      Network read = written(second.network());

      for (String node : List.of("n_c", "n_d", "n_y")) {
        assertThat(weight(read, node)).as(node).isEqualTo(weight(first, node));
      }
      assertThat(second.report().activations()).hasSize(5);
      assertThat(read.metadata().get(Quantizer.METADATA_KEY)).contains("3 keep their levels");
    }
  }

  @Test
  void levelsSurviveANormalizationThatIsFoldedIn() {
    Network network =
        new RandomNet(4)
            .weights("w", 6, 3, 3, 3)
            .node("Conv", "x w", "c", Map.of())
            .constant("scale", Tensor.of(new float[] {1, 0.3f, 2.7f, 1.1f, 0.01f, 5}, 6))
            .weights("shift", 6)
            .weights("mean", 6)
            .constant("variance", Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 6))
            .node("BatchNormalization", "c scale shift mean variance", "y", Map.of())
            .build("x", 3, 8, 8);
    Network first = coded(network, "pow2:4");

    Network second =
        INTEGERS.run(first, CompressionContext.of(ListSamples.random(network, 2, 8, 4))).network();

    float[] before = weight(first, "n_c");
    float[] after = weight(second, "n_c");
    for (int channel = 0; channel < 6; channel++) {
      float factor = 0;
      for (int i = 27 * channel; i < 27 * channel + 27; i++) {
        factor = before[i] == 0 ? factor : after[i] / before[i];
      }
      for (int i = 27 * channel; i < 27 * channel + 27; i++) {
        assertThat(after[i]).isCloseTo(factor * before[i], within(1e-6f * Math.abs(after[i])));
      }
    }
    assertThat(second.metadata().get(Quantizer.METADATA_KEY)).contains("1 keep their levels");
  }

  @Test
  void fewerBitsThanTheLevelsTakeAreAskedForOnPurpose() {
    Network first = coded(NETWORK, "int8");
    Network second =
        Quantize.of(
                QuantizeOptions.standard()
                    .withWeights(2, Scheme.SYMMETRIC, QuantizeOptions.Granularity.CHANNEL))
            .run(first, CONTEXT)
            .network();

    assertThat(second.metadata().get(Quantizer.METADATA_KEY)).doesNotContain("keep");
    float[] values = weight(second, "n_c");
    assertThat(IntStream.range(0, 27).mapToObj(i -> Math.abs(values[i])).distinct().count())
        .isLessThanOrEqualTo(2);
  }

  @Test
  void quantizedActivationsAreStillRefused() {
    Network both = INTEGERS.run(NETWORK, CONTEXT).network();

    assertThatThrownBy(() -> INTEGERS.run(both, CONTEXT))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("quantized already");
  }
}
