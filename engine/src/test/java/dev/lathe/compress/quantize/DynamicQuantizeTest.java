package dev.lathe.compress.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import dev.lathe.compress.CompressionContext;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.quant.QuantError;
import dev.lathe.quant.Scheme;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DynamicQuantizeTest {

  private static final QuantizeOptions STANDARD = QuantizeOptions.standard();

  static List<QuantizeOptions> options() {
    return List.of(
        STANDARD,
        STANDARD.withWeights(8, Scheme.SYMMETRIC, QuantizeOptions.Granularity.TENSOR),
        STANDARD.withWeights(5, Scheme.SYMMETRIC, QuantizeOptions.Granularity.CHANNEL));
  }

  /** To float rounding of each product; a rounding in between may turn a level of the next. */
  @ParameterizedTest
  @MethodSource("options")
  void theFileGivesTheSameInOnnxRuntimeAndLathe(QuantizeOptions options) throws OrtException {
    requireAgreement(single(), options, 1e-6f);
    requireAgreement(net(), options, 1e-2f);
  }

  private static void requireAgreement(Network network, QuantizeOptions options, float tolerance)
      throws OrtException {
    byte[] file = OnnxWriter.toBytes(quantize(network, options).network());
    Random random = new Random(2);
    try (OrtModel peer = new OrtModel(file);
        NetworkRunner runner = new NetworkRunner(OnnxReader.read(file), RunOptions.standard())) {
      for (int trial = 0; trial < 20; trial++) {
        Tensor input = input(random, trial == 0 ? 0 : Math.pow(4, trial - 10));
        float[] expected = peer.output(input).toFloats();
        float largest = 0;
        for (float value : expected) {
          largest = Math.max(largest, Math.abs(value));
        }
        assertThat(runner.run(List.of(input)).getFirst().toFloats())
            .as("trial %d", trial)
            .containsExactly(expected, within(tolerance * largest));
      }
    }
  }

  @Test
  void onnxRuntimeFusesEveryProduct() throws Exception {
    List<String> operators =
        OrtModel.optimized(quantize(net(), STANDARD).network()).graph().nodes().stream()
            .map(Node::opType)
            .toList();

    assertThat(operators)
        .contains("MatMulIntegerToFloat", "DynamicQuantizeMatMul")
        .doesNotContain("MatMulInteger", "MatMul", "Gemm");
  }

  @Test
  void outputsStayCloseToFloat() {
    Random random = new Random(3);
    try (NetworkRunner original = new NetworkRunner(net(), RunOptions.standard());
        NetworkRunner quantized =
            new NetworkRunner(quantize(net(), STANDARD).network(), RunOptions.standard())) {
      for (int trial = 0; trial < 20; trial++) {
        List<Tensor> input = List.of(input(random, 1));
        assertThat(
                QuantError.between(original.run(input).getFirst(), quantized.run(input).getFirst())
                    .sqnrDb())
            .isGreaterThan(30);
      }
    }
  }

  @Test
  void aValueIsQuantizedOnceAndWeightsAreInt8() {
    Quantizer.Result result = quantize(net(), STANDARD);
    Network network = result.network();

    assertThat(count(network, "DynamicQuantizeLinear")).isEqualTo(2); // x feeds two products
    assertThat(count(network, "MatMulInteger")).isEqualTo(3);
    assertThat(count(network, "Gemm") + count(network, "MatMul")).isZero();
    assertThat(network.metadata())
        .containsEntry(
            Quantizer.METADATA_KEY,
            "weights int8 symmetric per channel; activations uint8 dynamic");
    assertThat(result.report().weights()).hasSize(3);
  }

  @Test
  void convolutionsAndExcludedNodesStayFloat() {
    Quantizer.Result result =
        quantize(Nets.residual(), STANDARD.withNodes(null, Pattern.compile("n_y")));

    assertThat(result.report().weights()).isEmpty();
    assertThat(result.kept())
        .contains("n_y: excluded", "n_c0: only MatMul and Gemm are quantized dynamically");
  }

  @Test
  void zeroWeightsGiveZeros() {
    Network zero =
        new Nets()
            .input("x", 2, 4)
            .constant("w", Tensor.of(new float[12], 4, 3))
            .node("MatMul", "x w", "y")
            .output("y", 2, 3)
            .build(13);

    try (NetworkRunner runner =
        new NetworkRunner(quantize(zero, STANDARD).network(), RunOptions.standard())) {
      Tensor x = Tensor.of(new float[] {1, 2, 3, 4, -5, -6, -7, -8}, 2, 4);
      assertThat(runner.run(List.of(x)).getFirst().toFloats()).containsOnly(0);
    }
  }

  @Test
  void affineWeightsAndNaNAreRefused() {
    assertThatThrownBy(
            () ->
                new DynamicQuantize(
                    STANDARD.withWeights(8, Scheme.AFFINE, QuantizeOptions.Granularity.TENSOR)))
        .isInstanceOf(UsageException.class);
    Network bad =
        new Nets()
            .input("x", 1, 2)
            .constant("w", Tensor.of(new float[] {1, Float.NaN}, 2, 1))
            .node("MatMul", "x w", "y")
            .output("y", 1, 1)
            .build(13);
    assertThatThrownBy(() -> quantize(bad, STANDARD)).hasMessageContaining("weight 'w' holds NaN");
  }

  private static Quantizer.Result quantize(Network network, QuantizeOptions options) {
    return new DynamicQuantize(options).run(network, CompressionContext.none());
  }

  private static long count(Network network, String opType) {
    return network.graph().nodes().stream().filter(node -> node.is(opType)).count();
  }

  private static Tensor input(Random random, double magnitude) {
    float[] values = new float[5 * 32];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * magnitude);
    }
    return Tensor.of(values, 5, 32);
  }

  private static Network single() {
    return new Nets()
        .input("x", 5, 32)
        .weights("w0", 24, 32)
        .weights("b0", 24)
        .node("Gemm", "x w0 b0", "y", Map.of("transB", new Attribute.Int(1)))
        .output("y", 5, 24)
        .build(13);
  }

  /** Two products of one value, one after the other, with and without bias. */
  private static Network net() {
    return new Nets()
        .input("x", 5, 32)
        .weights("w0", 24, 32)
        .weights("b0", 24)
        .node("Gemm", "x w0 b0", "a", Map.of("transB", new Attribute.Int(1)))
        .weights("w1", 32, 24)
        .node("MatMul", "x w1", "b")
        .node("Mul", "a b", "c")
        .weights("w2", 24, 10)
        .node("MatMul", "c w2", "y")
        .output("y", 5, 10)
        .build(13);
  }
}
