package dev.lathe.compress.simplify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.quantize.OrtModel;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimplifyTest {

  private static Tensor random(long seed, long... dims) {
    Random random = new Random(seed);
    float[] values = new float[(int) Shape.of(dims).elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return Tensor.of(values, dims);
  }

  private static Node node(String op, List<String> inputs, String output) {
    return Node.of(output, "", op, inputs, List.of(output), Map.of());
  }

  /** Something of everything that can go, around three nodes that must stay. */
  private static Network cluttered(boolean fixed) {
    Map<String, Tensor> constants = new LinkedHashMap<>();
    constants.put("w", random(1, 6, 4));
    constants.put("same", random(1, 6, 4));
    constants.put("unused", random(2, 100));
    constants.put("two", Tensor.of(new float[] {2}, 1));
    constants.put("zero", Tensor.of(new long[] {0}, 1));
    constants.put("minus", Tensor.of(new long[] {-1}, 1));
    List<Node> nodes = new ArrayList<>();
    nodes.add(node("Identity", List.of("x"), "x1"));
    nodes.add(node("Dropout", List.of("x1"), "x2"));
    nodes.add(
        Node.of(
            "shape_constant",
            "",
            "Constant",
            List.of(),
            List.of("three"),
            Map.of("value", new Attribute.OfTensor(Tensor.of(new float[] {3}, 1)))));
    nodes.add(node("Mul", List.of("two", "three"), "six"));
    nodes.add(node("MatMul", List.of("x2", "w"), "a"));
    nodes.add(node("MatMul", List.of("x2", "same"), "b"));
    nodes.add(node("Add", List.of("a", "b"), "c"));
    nodes.add(node("Relu", List.of("c"), "dead"));
    nodes.add(node("Shape", List.of("c"), "shape"));
    nodes.add(node("Gather", List.of("shape", "zero"), "batch"));
    nodes.add(
        Node.of(
            "wanted",
            "",
            "Concat",
            List.of("batch", "minus"),
            List.of("wanted"),
            Map.of("axis", new Attribute.Int(0))));
    nodes.add(node("Reshape", List.of("c", "wanted"), "d"));
    nodes.add(node("Mul", List.of("d", "six"), "y"));
    ValueInfo x =
        fixed
            ? ValueInfo.of("x", DType.FLOAT32, 5, 6)
            : new ValueInfo(
                "x",
                DType.FLOAT32,
                List.of(new dev.lathe.graph.Dim.Symbol("n"), new dev.lathe.graph.Dim.Fixed(6)),
                null);
    ValueInfo y = new ValueInfo("y", DType.FLOAT32, null, null);
    Graph graph = new Graph("g", List.of(x), List.of(y), constants, nodes, Map.of(), null);
    return new Network(8, Map.of("", 17L), graph, "test", Map.of(), null);
  }

  private static Network simplified(Network network) {
    return new Simplify(false).run(network, CompressionContext.none()).network();
  }

  @Test
  void clutterGoes() throws Exception {
    Network fixed = simplified(cluttered(true));
    assertThat(fixed.graph().nodes())
        .extracting(Node::opType)
        .containsExactly("MatMul", "Add", "Reshape", "Mul");
    assertThat(fixed.graph().constants()).hasSize(3);
    Network open = simplified(cluttered(false));
    assertThat(open.graph().nodes()).extracting(Node::opType).contains("Shape", "Gather");
    assertThat(open.graph().nodes()).hasSize(7);
    for (Network network : List.of(fixed, open)) {
      sameAnswers(cluttered(true), network, random(9, 5, 6));
      assertThat(OnnxWriter.toBytes(simplified(network))).isEqualTo(OnnxWriter.toBytes(network));
    }
  }

  /** In ONNX Runtime, which is another opinion on what the file means. */
  private static void sameAnswers(Network before, Network after, Tensor input) throws Exception {
    try (OrtModel left = new OrtModel(OnnxWriter.toBytes(before));
        OrtModel right = new OrtModel(OnnxWriter.toBytes(after))) {
      Map<String, Tensor> wanted = left.run(input);
      right
          .run(input)
          .forEach(
              (name, tensor) ->
                  assertThat(tensor.toFloats()).as(name).isEqualTo(wanted.get(name).toFloats()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"mnist-cnn", "resnet20-cifar10", "ultraface-slim-320", "mobilenetv2-imagenet-qdq"})
  void sharedModelsAnswerTheSame(String name) throws Exception {
    Path file = Path.of("../../shared/models/" + name + ".onnx");
    assumeTrue(Files.exists(file), "no " + file);
    Network network = OnnxReader.read(file);
    Network simple = simplified(network);
    assertThat(simple.graph().nodes().size()).isLessThanOrEqualTo(network.graph().nodes().size());
    List<dev.lathe.graph.Dim> dims = network.graph().inputs().getFirst().dims();
    long[] shape =
        dims.stream()
            .mapToLong(dim -> dim instanceof dev.lathe.graph.Dim.Fixed(long size) ? size : 1)
            .toArray();
    sameAnswers(network, simple, random(3, shape));
  }

  /** At its level basic, which folds what scales channels and makes MatMul and Add one Gemm. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "mnist-cnn",
        "resnet20-cifar10",
        "resnet2b-cifar10",
        "mobilenetv2-imagenet-qoperator"
      })
  void noMoreNodesAreLeftThanInOnnxRuntime(String name, @TempDir Path folder) throws Exception {
    Path file = Path.of("../../shared/models/" + name + ".onnx");
    assumeTrue(Files.exists(file), () -> "no " + file.toAbsolutePath().normalize());
    Path optimized = folder.resolve("basic.onnx");
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.BASIC_OPT);
      options.setOptimizedModelFilePath(optimized.toString());
      OrtEnvironment.getEnvironment().createSession(file.toString(), options).close();
    }
    Network network = OnnxReader.read(file);

    Network simplified = new Simplify(true).run(network, CompressionContext.none()).network();

    Graph theirs = OnnxReader.read(optimized).graph();
    long gemms = count(theirs, "Gemm") - count(simplified.graph(), "Gemm");
    assertThat(simplified.graph().nodes().size() - gemms)
        .isLessThanOrEqualTo(theirs.nodes().size());
  }

  private static long count(Graph graph, String op) {
    return graph.nodes().stream().filter(node -> node.is(op)).count();
  }

  @Test
  void sumsAndProductsPerChannelAreFoldedOnDemand() throws Exception {
    Map<String, Tensor> constants =
        Map.of(
            "w", random(3, 4, 2, 3, 3),
            "shift", random(4, 4, 1, 1),
            "scale", random(5, 1, 4, 1, 1));
    Graph graph =
        new Graph(
            "g",
            List.of(ValueInfo.of("x", DType.FLOAT32, 1, 2, 6, 6)),
            List.of(ValueInfo.of("y", DType.FLOAT32, 1, 4, 4, 4)),
            constants,
            List.of(
                node("Conv", List.of("x", "w"), "c"),
                node("Add", List.of("c", "shift"), "d"),
                node("Mul", List.of("d", "scale"), "y")),
            Map.of(),
            null);
    Network network = new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);

    assertThat(new Simplify(false).run(network, CompressionContext.none()).nodes().after())
        .isEqualTo(3);
    Network folded = new Simplify(true).run(network, CompressionContext.none()).network();

    assertThat(folded.graph().nodes()).singleElement().matches(node -> node.is("Conv"));
    Tensor input = random(6, 1, 2, 6, 6);
    try (NetworkRunner before = new NetworkRunner(network, RunOptions.standard());
        NetworkRunner after = new NetworkRunner(folded, RunOptions.standard())) {
      float[] expected = before.run(List.of(input)).getFirst().toFloats();
      assertThat(after.run(List.of(input)).getFirst().toFloats())
          .containsExactly(expected, within(1e-5f));
    }
  }
}
