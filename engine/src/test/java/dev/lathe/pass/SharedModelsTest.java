package dev.lathe.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.lathe.ExactPeer;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.op.Operators;
import dev.lathe.plan.Planner;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real networks through all passes; skipped where the models are not there. */
class SharedModelsTest {

  private static final Path MODELS = Path.of("../../shared/models");

  /** A network with its facts for inputs of batch 1. */
  private static final class Loaded {
    final Path file;
    final Network network;
    final Map<String, Long> opsets;
    final Planner planner = new Planner(Operators.table(), KernelSelector.standard());
    final Notes notes = new Notes();
    final Graph graph;

    Loaded(String name, Shape shape) {
      file = MODELS.resolve(name);
      assumeTrue(Files.exists(file), () -> "no model " + file.toAbsolutePath());
      network = OnnxReader.read(file);
      opsets = new LinkedHashMap<>(network.opsets());
      opsets.put(Node.LATHE_DOMAIN, 1L);
      String input = network.graph().inputs().getFirst().name();
      Map<String, TensorFact> facts = Map.of(input, TensorFact.of(DType.FLOAT32, shape));
      Graph model =
          PassPipeline.run(
              PassPipeline.MODEL, network.graph(), new PassContext(planner, opsets, null, notes));
      graph =
          PassPipeline.run(
              PassPipeline.PLAN, model, new PassContext(planner, opsets, facts, notes));
    }

    long count(String qualifiedOp) {
      return NetworkBuilder.count(graph, qualifiedOp);
    }

    long withInput(String opType, int input) {
      return graph.nodes().stream()
          .filter(node -> Edits.isLathe(node, opType) && node.hasInput(input))
          .count();
    }

    /** The first output for one input. */
    float[] run(Tensor input) {
      String name = network.graph().inputs().getFirst().name();
      Map<String, TensorFact> facts = Map.of(name, TensorFact.constant(input));
      Tensor value =
          planner.infer(graph, opsets, facts).get(graph.outputs().getFirst().name()).value();
      return java.util.Objects.requireNonNull(value).toFloats();
    }

    float[] runOnPeer(Tensor input) throws OrtException {
      OrtEnvironment environment =
          OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "test");
      try (OrtSession.SessionOptions options = ExactPeer.options();
          OrtSession session = environment.createSession(file.toString(), options);
          OnnxTensor tensor =
              OnnxTensor.createTensor(
                  environment, FloatBuffer.wrap(input.toFloats()), input.shape().dims());
          OrtSession.Result result =
              session.run(Map.of(session.getInputNames().iterator().next(), tensor))) {
        FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
        float[] copy = new float[values.remaining()];
        values.get(copy);
        return copy;
      }
    }
  }

  private static Tensor image(Shape shape) {
    SplittableRandom random = new SplittableRandom(5);
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return Tensor.of(values, shape.dims());
  }

  @ParameterizedTest
  @CsvSource({
    // model, channels, height, width, convolutions, with addend, transposes
    "mnist-cnn.onnx, 1, 28, 28, 2, 0, 1",
    "resnet20-cifar10.onnx, 3, 32, 32, 19, 9, 1",
    "resnet2b-cifar10.onnx, 3, 32, 32, 6, 2, 2",
    "ultraface-slim-320.onnx, 3, 240, 320, 42, 0, 1",
  })
  void floatNetworksKeepTransposesAtTheirEdges(
      String name, long channels, long height, long width, int convs, int addends, int transposes)
      throws OrtException {
    Shape shape = Shape.of(1, channels, height, width);
    Loaded loaded = new Loaded(name, shape);
    assertThat(loaded.count("dev.lathe.Conv")).isEqualTo(convs);
    assertThat(loaded.withInput("Conv", 3)).isEqualTo(addends);
    assertThat(loaded.count("Relu")).isZero();
    assertThat(loaded.count("BatchNormalization")).isZero();
    assertThat(loaded.count("Transpose")).isLessThanOrEqualTo(transposes);
    Tensor input = image(shape);
    float[] expected = loaded.runOnPeer(input);
    float[] actual = loaded.run(input);
    assertThat(actual).hasSameSizeAs(expected);
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(1e-4f * largest));
    }
  }

  @Test
  void everyProductOfAQuantizedNetworkRunsOnIntegers() throws OrtException {
    Shape shape = Shape.of(1, 3, 224, 224);
    Loaded loaded = new Loaded("mobilenetv2-imagenet-qdq.onnx", shape);
    assertThat(loaded.notes.list()).isEmpty();
    assertThat(loaded.count("dev.lathe.QConv")).isEqualTo(52);
    assertThat(loaded.withInput("QConv", 9)).isEqualTo(10);
    assertThat(loaded.count("dev.lathe.QGemm")).isOne();
    assertThat(loaded.count("dev.lathe.QGlobalAveragePool")).isOne();
    assertThat(loaded.count("QuantizeLinear")).isOne();
    assertThat(loaded.count("DequantizeLinear")).isOne();
    assertThat(loaded.count("Transpose")).isOne();
    Tensor input = image(shape);
    float[] expected = loaded.runOnPeer(input);
    float[] actual = loaded.run(input);
    float step = step(loaded);
    // The peer's own optimizations move this network's logits by two levels.
    int apart = 0;
    for (int i = 0; i < expected.length; i++) {
      apart += Math.abs(actual[i] - expected[i]) > 3.5f * step ? 1 : 0;
    }
    assertThat(apart).as("logits more than three levels apart").isLessThanOrEqualTo(10);
  }

  private static float step(Loaded loaded) {
    Node last =
        loaded.graph.nodes().stream()
            .filter(node -> node.is("DequantizeLinear"))
            .findFirst()
            .orElseThrow();
    return java.util.Objects.requireNonNull(loaded.graph.constants().get(last.input(1))).f32(0);
  }

  @Test
  void theOlderFormOfAQuantizedNetworkEndsAsTheSame() {
    Loaded loaded = new Loaded("mobilenetv2-imagenet-qoperator.onnx", Shape.of(1, 3, 224, 224));
    assertThat(loaded.count("dev.lathe.QConv")).isEqualTo(52);
    assertThat(loaded.withInput("QConv", 9)).isEqualTo(10);
    assertThat(loaded.count("dev.lathe.QGemm")).isOne();
    assertThat(loaded.count("dev.lathe.QGlobalAveragePool")).isOne();
    assertThat(loaded.count("Transpose")).isOne();
  }
}
