package dev.lathe.compress.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtEnvironment;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.error.UnsupportedException;
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
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models written in operators on integers, and with activations of 16 bits. */
class IntegerFormsTest {

  private static final QuantizeOptions OPERATORS =
      QuantizeOptions.standard().withStorage(QuantizeOptions.Storage.OPERATORS);

  /** Every operator with an integer form that {@link Nets#residual} does not have. */
  private static Network forms() {
    return new Nets()
        .input("x", 1, 3, 8, 8)
        .weights("w0", 4, 3, 1, 1)
        .node("Conv", "x w0", "c0")
        .constant("low", Tensor.scalar(0))
        .constant("high", Tensor.scalar(1))
        .node("Clip", "c0 low high", "r0")
        .weights("w1", 4, 1, 3, 3)
        .weights("b1", 4)
        .node("Conv", "r0 w1 b1", "c1", depthwise())
        .node("Concat", "r0 c1 x", "joined", Map.of("axis", new Attribute.Int(1)))
        .node("AveragePool", "joined", "p", Nets.kernel2())
        .constant("rows", Tensor.of(new long[] {11, 16}, 2))
        .node("Reshape", "p rows", "m")
        .node("Transpose", "m", "t", Nets.ints("perm", 1, 0))
        .weights("w2", 11, 5)
        .node("MatMul", "t w2", "h")
        .weights("shift", 1, 5)
        .weights("w3", 11, 5)
        .node("MatMul", "t w3", "k")
        .node("Add", "h k", "s")
        .node("Add", "s shift", "y")
        .output("y", 16, 5)
        .build(13);
  }

  private static Map<String, Attribute> depthwise() {
    return Map.of(
        "group", new Attribute.Int(4), "pads", new Attribute.Ints(List.of(1L, 1L, 1L, 1L)));
  }

  private static Set<String> operators(Network network) {
    return network.graph().nodes().stream().map(Node::qualifiedOp).collect(Collectors.toSet());
  }

  private static Tensor run(Network network, Tensor input) {
    try (NetworkRunner runner = new NetworkRunner(network, RunOptions.standard())) {
      return runner.run(List.of(input)).getFirst();
    }
  }

  private static float step(Network qdq, String output) {
    Node last =
        qdq.graph().nodes().stream()
            .filter(node -> node.outputs().contains(output))
            .findFirst()
            .orElseThrow();
    return Nets.constant(qdq.graph(), last.input(1)).f32(0);
  }

  @Test
  void everyOperatorHasItsForm() throws Exception {
    assertThat(operators(OnnxRuntimeTest.quantize(Nets.residual(), OPERATORS)))
        .containsExactlyInAnyOrder(
            "QuantizeLinear",
            "QLinearConv",
            "MaxPool",
            "com.microsoft.QLinearAdd",
            "com.microsoft.QLinearGlobalAveragePool",
            "Flatten",
            "com.microsoft.QGemm",
            "DequantizeLinear");
    assertThat(operators(OnnxRuntimeTest.quantize(forms(), OPERATORS)))
        .containsExactlyInAnyOrder(
            "QuantizeLinear",
            "QLinearConv",
            "com.microsoft.QLinearConcat",
            "com.microsoft.QLinearAveragePool",
            "Reshape",
            "Transpose",
            "QLinearMatMul",
            "com.microsoft.QLinearAdd",
            "DequantizeLinear");
  }

  /** The same integers as the QDQ form; those of ONNX Runtime to a step. */
  @ParameterizedTest
  @CsvSource({
    "UINT8, SYMMETRIC, CHANNEL, 8",
    "UINT8, AFFINE, TENSOR, 8",
    "UINT8, SYMMETRIC, CHANNEL, 4",
    "INT8, SYMMETRIC, CHANNEL, 8",
    "INT8, SYMMETRIC, TENSOR, 8"
  })
  void operatorsGiveWhatQdqGives(
      DType activations, Scheme scheme, QuantizeOptions.Granularity granularity, int bits)
      throws Exception {
    QuantizeOptions options =
        OPERATORS.withActivations(activations).withWeights(bits, scheme, granularity);
    for (Network network : List.of(Nets.residual(), forms())) {
      Network made = OnnxRuntimeTest.quantize(network, options);
      Network qdq =
          OnnxRuntimeTest.quantize(network, options.withStorage(QuantizeOptions.Storage.INTEGER));
      byte[] file = OnnxWriter.toBytes(made);
      Tensor input = OnnxRuntimeTest.image(new Random(11));
      Tensor ours = run(OnnxReader.read(file), input);
      assertThat(ours.toFloats()).containsExactly(run(qdq, input).toFloats());
      if (activations == DType.INT8) {
        // Exact sums make weights uint8, which ONNX Runtime does not multiply with int8; as it is
        // set by default it runs the file.
        OrtEnvironment.getEnvironment().createSession(file).close();
        continue;
      }
      try (OrtModel ort = new OrtModel(file)) {
        assertThat(ort.output(input).toFloats())
            .containsExactly(ours.toFloats(), within(1.01f * step(qdq, "y")));
      }
    }
  }

  @Test
  void whatHasNoFormIsListed() {
    QuantizeOptions channels =
        OPERATORS.withWeights(8, Scheme.AFFINE, QuantizeOptions.Granularity.CHANNEL);
    assertThatThrownBy(() -> OnnxRuntimeTest.quantize(forms(), channels))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("different zero points")
        .hasMessageContaining("--format qdq");
    QuantizeOptions signed =
        OPERATORS
            .withActivations(DType.INT8)
            .withWeights(8, Scheme.AFFINE, QuantizeOptions.Granularity.TENSOR);
    assertThatThrownBy(() -> OnnxRuntimeTest.quantize(forms(), signed))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("int8 weights only");
    Network apart =
        new Nets()
            .input("x", 1, 3, 8, 8)
            .weights("w0", 4, 3, 1, 1)
            .node("Conv", "x w0", "c0")
            .constant("low", Tensor.scalar(0.5f))
            .node("Clip", "c0 low", "y")
            .output("y", 1, 4, 8, 8)
            .build(13);
    assertThatThrownBy(() -> OnnxRuntimeTest.quantize(apart, OPERATORS))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("wider than that of Clip");
  }

  /** ONNX has 16 bits from opset 21 on; before, ONNX Runtime's operators of that name have. */
  @ParameterizedTest
  @EnumSource(names = {"UINT16", "INT16"})
  void activationsOf16BitsAreCloserThanThoseOf8(DType type) throws Exception {
    for (long opset : new long[] {13, 21}) {
      for (Network network : List.of(Nets.residual(), forms())) {
        Network given = network.withOpset("", opset);
        Network made =
            OnnxRuntimeTest.quantize(given, QuantizeOptions.standard().withActivations(type));
        assertThat(operators(made))
            .contains(opset == 21 ? "QuantizeLinear" : "com.microsoft.QuantizeLinear");
        byte[] file = OnnxWriter.toBytes(made);
        Tensor input = OnnxRuntimeTest.image(new Random(3));
        Tensor ours = run(OnnxReader.read(file), input);
        Tensor exact = run(network, input);
        Tensor coarse = run(OnnxRuntimeTest.quantize(given, QuantizeOptions.standard()), input);
        try (OrtModel ort = new OrtModel(file)) {
          assertThat(ort.output(input).toFloats())
              .containsExactly(ours.toFloats(), within(2.01f * step(made, "y")));
        }
        assertThat(QuantError.between(exact, ours).sqnrDb())
            .isGreaterThan(QuantError.between(exact, coarse).sqnrDb() + 1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "format: qoperator, activations: none",
        "format: qoperator, activations: dynamic",
        "format: qoperator, activations: int16",
        "format: onnx",
        "activations: int12"
      })
  void nonsenseIsRefused(String settings) {
    assertThatThrownBy(() -> Recipe.parse("steps: [quantize: {" + settings + "}]", "test", true))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("step 1");
  }
}
