package dev.lathe.compress.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.error.InvalidModelException;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphVerifier;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.quant.Arithmetic;
import dev.lathe.quant.Range;
import dev.lathe.quant.Scheme;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizerTest {

  @Test
  void observesWhatBecomesInteger() {
    QuantizationPlan plan = Quantizer.plan(Nets.residual(), QuantizeOptions.standard());

    // Not c0 and a0, which are fused with their ReLU; not p0 and f, which only move values.
    assertThat(plan.observed()).containsExactly("x", "r0", "c1", "r1", "g", "y");
    assertThat(plan.floatNodes()).isEmpty();
  }

  @Test
  void everyIntegerOperatorReadsAndWritesQuantizedValues() {
    Graph graph = quantize(Nets.residual(), QuantizeOptions.standard()).network().graph();

    GraphVerifier.verify(graph);
    for (Node node : graph.nodes()) {
      if (List.of("QuantizeLinear", "DequantizeLinear", "Relu").contains(node.opType())) {
        continue;
      }
      for (String input : node.inputs()) {
        assertThat(producer(graph, input).opType())
            .as("%s of %s", input, node)
            .isEqualTo("DequantizeLinear");
      }
      Node reader = onlyReader(graph, node.output(0));
      if (reader.is("Relu")) {
        reader = onlyReader(graph, reader.output(0));
      }
      assertThat(reader.opType()).as("reader of %s", node).isEqualTo("QuantizeLinear");
    }
    assertThat(producer(graph, "y").opType()).isEqualTo("DequantizeLinear");
  }

  @Test
  void reluOutputsStartAtZeroAndMovedValuesShareParameters() {
    Graph graph = quantize(Nets.residual(), QuantizeOptions.standard()).network().graph();
    Node relu = quantizeOf(graph, "r0");
    Node pool = quantizeOf(graph, "p0");

    assertThat(Nets.constant(graph, relu.input(2)).integer(0)).isZero();
    assertThat(pool.inputs().subList(1, 3)).isEqualTo(relu.inputs().subList(1, 3));
    assertThat(Nets.constant(graph, relu.input(1)).shape().rank()).isZero();
  }

  @Test
  void weightsAreInt8PerChannelAndBiasesInt32() {
    Graph graph = quantize(Nets.residual(), QuantizeOptions.standard()).network().graph();
    Node conv = producer(graph, "c0");
    Node weight = producer(graph, conv.input(1));
    Tensor levels = Nets.constant(graph, weight.input(0));
    Tensor scales = Nets.constant(graph, weight.input(1));
    Node bias = producer(graph, conv.input(2));

    assertThat(levels.dtype()).isEqualTo(DType.INT8);
    assertThat(levels.toLongs()).contains(127).doesNotContain(-128);
    assertThat(scales.elements()).isEqualTo(8);
    assertThat(weight.intAttribute("axis", 99)).isZero();
    assertThat(Nets.constant(graph, weight.input(2)).toLongs()).containsOnly(0);

    float inputScale = Nets.constant(graph, quantizeOf(graph, "x").input(1)).f32(0);
    Tensor biasLevels = Nets.constant(graph, bias.input(0));
    assertThat(biasLevels.dtype()).isEqualTo(DType.INT32);
    float[] original = Nets.constant(Nets.residual().graph(), "b0").toFloats();
    for (int n = 0; n < 8; n++) {
      float scale = Nets.constant(graph, bias.input(1)).f32(n);
      assertThat(scale).isEqualTo(inputScale * scales.f32(n));
      assertThat(Arithmetic.dequantize((int) biasLevels.integer(n), scale, 0))
          .isCloseTo(original[n], within(scale));
    }
    Node gemm = producer(graph, graph.nodes().getLast().input(0));
    assertThat(gemm).isNotNull();
    assertThat(conv.metadata()).containsEntry("lathe.weights", "int8 symmetric per channel");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 6, 7, 8})
  void fewerBitsHaveFewerLevels(int bits) {
    QuantizeOptions options =
        QuantizeOptions.standard()
            .withWeights(bits, Scheme.AFFINE, QuantizeOptions.Granularity.TENSOR);
    Quantizer.Result result = quantize(Nets.residual(), options);
    Graph graph = result.network().graph();
    Tensor levels = Nets.constant(graph, producer(graph, producer(graph, "c0").input(1)).input(0));

    assertThat(levels.dtype()).isEqualTo(DType.UINT8);
    assertThat(java.util.Arrays.stream(levels.toLongs()).max()).hasValue((1 << bits) - 1);
    assertThat(java.util.Arrays.stream(levels.toLongs()).min()).hasValue(0);
    QuantizationReport.Weight weight = result.report().weights().getFirst();
    assertThat(weight.error().maxAbs()).isLessThanOrEqualTo(weight.params().scale(0) * 0.51);
    // Uniform values: 20 log10 of the number of steps.
    assertThat(weight.error().sqnrDb()).isCloseTo(20 * Math.log10((1 << bits) - 1), within(1.0));
  }

  @Test
  void simulatedWeightsAreTheDequantizedIntegers() {
    QuantizeOptions integer =
        QuantizeOptions.standard()
            .withActivations(null)
            .withWeights(3, Scheme.SYMMETRIC, QuantizeOptions.Granularity.CHANNEL);
    Graph real = quantize(Nets.residual(), integer).network().graph();
    Graph simulated =
        quantize(Nets.residual(), integer.withStorage(QuantizeOptions.Storage.SIMULATED))
            .network()
            .graph();
    Node weight = producer(real, producer(real, "c1").input(1));
    Tensor levels = Nets.constant(real, weight.input(0));
    Tensor scales = Nets.constant(real, weight.input(1));
    Tensor values = Nets.constant(simulated, producer(simulated, "c1").input(1));

    assertThat(simulated.nodes()).noneMatch(node -> node.opType().contains("Linear"));
    assertThat(real.nodes()).noneMatch(node -> node.is("QuantizeLinear"));
    for (int i = 0; i < levels.elements(); i++) {
      int channel = i / 72;
      assertThat(values.f32(i)).isEqualTo(levels.integer(i) * scales.f32(channel));
    }
  }

  @Test
  void nodesAreChosenByName() {
    QuantizeOptions options =
        QuantizeOptions.standard().withNodes(null, Pattern.compile("^n_c1$|n_y"));
    Quantizer.Result result = quantize(Nets.residual(), options);
    Graph graph = result.network().graph();

    assertThat(producer(graph, "c1").input(1)).isEqualTo("w1");
    assertThat(producer(graph, "c0").input(1)).isNotEqualTo("w0");
    assertThat(result.report().floatNodes()).containsExactly("n_c1: excluded", "n_y: excluded");
    assertThat(producer(graph, "y").opType()).isEqualTo("Gemm");

    QuantizeOptions only = QuantizeOptions.standard().withNodes(Pattern.compile("n_y"), null);
    assertThat(Quantizer.plan(Nets.residual(), only).observed()).containsExactly("f", "y");
  }

  @Test
  void addedConstantsBecomeBiases() {
    Network network =
        new Nets()
            .input("x", 1, 2, 4, 4)
            .weights("w", 4, 2, 1, 1)
            .weights("b", 4, 1, 1)
            .node("Conv", "x w", "c")
            .node("Add", "c b", "d")
            .constant("s", Tensor.of(new long[] {1, 64}, 2))
            .node("Reshape", "d s", "f")
            .weights("m", 4, 16, 10)
            .constant("t", Tensor.of(new long[] {64, 10}, 2))
            .node("Reshape", "m t", "m2")
            .node("MatMul", "f m2", "g")
            .weights("e", 1, 10)
            .node("Add", "g e", "y")
            .output("y", 1, 10)
            .build(13);

    QuantizationPlan plan = Quantizer.plan(network, QuantizeOptions.standard());

    assertThat(plan.network().graph().nodes())
        .extracting(Node::opType)
        .containsExactly("Conv", "Reshape", "Gemm");
    assertThat(plan.observed()).containsExactly("x", "c", "y");
  }

  @Test
  void sharedWeightsAndDynamicProductsAndConstantOperands() {
    Network network =
        new Nets()
            .input("x", 4, 4)
            .weights("w", 4, 4)
            .weights("k", 4, 4)
            .node("MatMul", "x w", "a")
            .node("MatMul", "a w", "b")
            .node("MatMul", "a b", "c")
            .node("Add", "c k", "y")
            .output("y", 4, 4)
            .build(17);

    Graph graph = quantize(network, QuantizeOptions.standard()).network().graph();

    GraphVerifier.verify(graph);
    assertThat(graph.constants()).doesNotContainKeys("w", "k");
    assertThat(producer(graph, producer(graph, "a").input(1)).intAttribute("axis", -9))
        .isEqualTo(1);
  }

  @Test
  void shapeArithmeticStaysAsItIs() {
    Network network =
        new Nets()
            .input("x", 1, 4, 2, 2)
            .weights("w", 4, 4, 1, 1)
            .node("Conv", "x w", "c")
            .node("Shape", "c", "s")
            .constant("zero", Tensor.of(new long[] {0}, 1))
            .constant("m", Tensor.of(new long[] {-1}, 1))
            .node("Gather", "s zero", "n")
            .node("Concat", "n m", "t", Map.of("axis", new Attribute.Int(0)))
            .node("Reshape", "c t", "y")
            .output("y", 1, 16)
            .build(13);

    Graph graph = quantize(network, QuantizeOptions.standard()).network().graph();

    assertThat(producer(graph, "t").inputs()).containsExactly("n", "m");
    assertThat(graph.nodes().stream().filter(node -> node.is("QuantizeLinear"))).hasSize(3);
  }

  @Test
  void aHugeBiasRaisesTheWeightScale() {
    Network network =
        new Nets()
            .input("x", 1, 2)
            .constant("w", Tensor.of(new float[] {1e-12f, 1, 1e-12f, 1}, 2, 2))
            .constant("b", Tensor.of(new float[] {1000, 1000}, 2))
            .node("Gemm", "x w b", "y")
            .output("y", 1, 2)
            .build(13);

    Quantizer.Result result = quantize(network, QuantizeOptions.standard());
    Graph graph = result.network().graph();
    Node bias = producer(graph, producer(graph, producerOfQuantized(graph, "y")).input(2));

    for (int n = 0; n < 2; n++) {
      float back =
          Nets.constant(graph, bias.input(0)).integer(n)
              * Nets.constant(graph, bias.input(1)).f32(n);
      assertThat(back).isCloseTo(1000, within(0.01f));
    }
    assertThat(result.report().warnings()).singleElement().asString().contains("raised");
  }

  private static String producerOfQuantized(Graph graph, String output) {
    Node dequantize = producer(graph, output);
    return producer(graph, dequantize.input(0)).input(0);
  }

  @Test
  void outlierChannelsAreWarnedOfWhenTheyShareAScale() {
    float[] weights = new float[16];
    java.util.Arrays.fill(weights, 0.01f);
    weights[0] = 10;
    Network network =
        new Nets()
            .input("x", 1, 4)
            .constant("w", Tensor.of(weights, 4, 4))
            .node("MatMul", "x w", "y")
            .output("y", 1, 4)
            .build(13);
    QuantizeOptions options =
        QuantizeOptions.standard()
            .withWeights(8, Scheme.SYMMETRIC, QuantizeOptions.Granularity.TENSOR);

    assertThat(quantize(network, options).report().warnings())
        .singleElement()
        .asString()
        .contains("1000 times");
    assertThat(quantize(network, QuantizeOptions.standard()).report().warnings()).isEmpty();
  }

  @Test
  void weightsThatAreNotNumbersAreReported() {
    Network network =
        new Nets()
            .input("x", 1, 2)
            .constant("w", Tensor.of(new float[] {1, 2, Float.NaN, 4}, 2, 2))
            .node("MatMul", "x w", "y")
            .output("y", 1, 2)
            .build(13);

    assertThatThrownBy(() -> quantize(network, QuantizeOptions.standard()))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("weight 'w' holds NaN")
        .hasMessageContaining("element 2");
  }

  @Test
  void quantizedNetworksAreRefused() {
    Network once = quantize(Nets.residual(), QuantizeOptions.standard()).network();

    assertThatThrownBy(() -> Quantizer.plan(once, QuantizeOptions.standard()))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("quantized already");
  }

  @Test
  void allZeroWeightsQuantize() {
    Network network =
        new Nets()
            .input("x", 1, 2)
            .constant("w", Tensor.of(new float[4], 2, 2))
            .constant("b", Tensor.of(new float[] {0.5f, -0.25f}, 2))
            .node("Gemm", "x w b", "y")
            .output("y", 1, 2)
            .build(13);

    Quantizer.Result result = quantize(network, QuantizeOptions.standard());

    assertThat(result.report().weights().getFirst().error().sqnrDb()).isInfinite().isPositive();
  }

  static Quantizer.Result quantize(Network network, QuantizeOptions options) {
    QuantizationPlan plan = Quantizer.plan(network, options);
    Map<String, Range> ranges = new HashMap<>();
    for (String value : plan.observed()) {
      ranges.put(value, new Range(value.startsWith("r") ? 0 : -2, 3));
    }
    return Quantizer.apply(plan, ranges);
  }

  private static Node producer(Graph graph, String value) {
    return graph.nodes().stream()
        .filter(node -> node.outputs().contains(value))
        .findFirst()
        .orElseThrow(() -> new AssertionError("nothing produces " + value));
  }

  private static Node onlyReader(Graph graph, String value) {
    List<Node> readers =
        graph.nodes().stream().filter(node -> node.inputs().contains(value)).toList();
    assertThat(readers).as("readers of %s", value).hasSize(1);
    return readers.getFirst();
  }

  private static Node quantizeOf(Graph graph, String value) {
    return graph.nodes().stream()
        .filter(node -> node.is("QuantizeLinear") && node.input(0).equals(value))
        .findFirst()
        .orElseThrow(() -> new AssertionError(value + " is not quantized"));
  }
}
