package dev.lathe.compress.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import dev.lathe.Model;
import dev.lathe.Session;
import dev.lathe.compress.quantize.OrtModel;
import dev.lathe.compress.quantize.QuantizeOptions;
import dev.lathe.compress.quantize.Quantizer;
import dev.lathe.compress.weights.Weight;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.Overwrite;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PruneTest {

  @TempDir Path folder;

  private static Tensor random(long seed, long... dims) {
    int elements = 1;
    for (long dim : dims) {
      elements *= (int) dim;
    }
    Random random = new Random(seed);
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return Tensor.of(values, dims);
  }

  private static Node node(String name, String op, String output, String... inputs) {
    return Node.of(name, "", op, List.of(inputs), List.of(output), Map.of());
  }

  /** Two convolutions, a depthwise one, and a product with bias. */
  private static Network network() {
    Map<String, Tensor> constants = new LinkedHashMap<>();
    constants.put("w1", random(1, 6, 3, 3, 3));
    constants.put("w2", random(2, 6, 1, 3, 3));
    constants.put("w3", random(3, 10, 6, 1, 1));
    constants.put("w4", random(4, 160, 7));
    constants.put("b4", random(5, 7));
    List<Node> nodes =
        List.of(
            node("first", "Conv", "c1", "x", "w1"),
            node("depthwise", "Conv", "c2", "c1", "w2")
                .withAttribute("group", new Attribute.Int(6)),
            node("pointwise", "Conv", "c3", "c2", "w3"),
            node("relu", "Relu", "r", "c3"),
            node("flat", "Flatten", "f", "r"),
            node("head", "Gemm", "y", "f", "w4", "b4"));
    return network(constants, nodes, ValueInfo.of("x", DType.FLOAT32, 1, 3, 8, 8), 7);
  }

  private static Network network(
      Map<String, Tensor> constants, List<Node> nodes, ValueInfo input, long classes) {
    ValueInfo output = ValueInfo.of("y", DType.FLOAT32, 1, classes);
    Graph graph = new Graph("g", List.of(input), List.of(output), constants, nodes, Map.of(), null);
    return new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
  }

  private static Tensor constant(Network network, String name) {
    return Objects.requireNonNull(network.graph().constants().get(name), name);
  }

  @Test
  void firstAndDepthwiseConvolutionsAndBiasesStay() {
    Network before = network();
    Prune.Result result = Prune.byMagnitude(0.5).run(before);
    for (String kept : List.of("w1", "w2", "b4")) {
      assertThat(constant(result.network(), kept)).isSameAs(constant(before, kept));
    }
    assertThat(Weight.zeros(constant(result.network(), "w3"))).isEqualTo(30);
    assertThat(Weight.zeros(constant(result.network(), "w4"))).isEqualTo(560);
    assertThat(result.report().total().zerosAfter()).isEqualTo(590);
    assertThat(result.report().kept())
        .hasSize(2)
        .anyMatch(line -> line.startsWith("first:"))
        .anyMatch(line -> line.startsWith("depthwise:"));
    assertThat(result.network().metadata())
        .containsEntry("lathe.prune", "l1 of weight, sparsity 0.5 in each layer");
  }

  @Test
  void theyArePrunedWhenAskedFor() {
    Prune.Result result =
        Prune.byMagnitude(0.5).withNodes(Pattern.compile("first|depth"), null).run(network());
    assertThat(Weight.zeros(constant(result.network(), "w1"))).isEqualTo(81);
    assertThat(Weight.zeros(constant(result.network(), "w2"))).isEqualTo(27);
    assertThat(Weight.zeros(constant(result.network(), "w3"))).isZero();
  }

  @Test
  void aPrunedFileIsReadBackAndRunsAsInOnnxRuntime() throws IOException, OrtException {
    Path file = folder.resolve("pruned.onnx");
    Model model = Model.of(network());
    Prune prune = Prune.byMagnitude(0).withGranularity(Granularities.parse("2:4"));
    Model pruned = model.transform(prune);
    pruned.save(file, Overwrite.FAIL);
    Network read = Model.load(file).network();
    assertThat(constant(read, "w4").toFloats())
        .isEqualTo(constant(pruned.network(), "w4").toFloats());
    assertThat(read.metadata()).containsEntry("lathe.prune", "l1 of 2:4, keeping 2 of 4");
    assertThat(Weight.zeros(constant(model.network(), "w4"))).isZero();

    Tensor x = random(9, 1, 3, 8, 8);
    try (Session session = Session.open(file);
        OrtModel ort = new OrtModel(Files.readAllBytes(file))) {
      float[] lathe = Objects.requireNonNull(session.run(Map.of("x", x)).get("y")).toFloats();
      float[] reference = Objects.requireNonNull(ort.run(x).get("y")).toFloats();
      assertThat(lathe).containsExactly(reference, within(1e-5f));
    }
  }

  @Test
  void zerosStayZeroWhenQuantized() {
    for (String granularity : List.of("weight", "4x4", "2:4", "filter")) {
      Network pruned =
          Prune.byMagnitude(0.5).withGranularity(Granularities.parse(granularity)).apply(network());
      Network quantized =
          Quantizer.apply(
                  Quantizer.plan(pruned, QuantizeOptions.standard().withActivations(null)),
                  Map.of())
              .network();
      Tensor weight = constant(pruned, "w4");
      List<Tensor> levels =
          quantized.graph().constants().values().stream()
              .filter(one -> one.dtype() == DType.INT8 && one.shape().equals(weight.shape()))
              .toList();
      assertThat(levels).hasSize(1);
      for (int i = 0; i < weight.elements(); i++) {
        if (weight.real(i) == 0) {
          assertThat(levels.getFirst().integer(i)).isZero();
        }
      }
      assertThat(quantized.metadata()).containsKeys("lathe.prune", "lathe.quantize");
    }
  }

  @Test
  void aSharedWeightIsPrunedOnceAndOnlyWhenAllItsReadersAre() {
    Map<String, Tensor> constants = Map.of("w", random(1, 8, 8));
    List<Node> nodes =
        List.of(node("one", "MatMul", "h", "x", "w"), node("two", "MatMul", "y", "h", "w"));
    Network shared = network(constants, nodes, ValueInfo.of("x", DType.FLOAT32, 1, 8), 8);

    Prune.Result both = Prune.byMagnitude(0.25).run(shared);
    assertThat(both.report().layers()).hasSize(1);
    assertThat(Weight.zeros(constant(both.network(), "w"))).isEqualTo(16);

    Prune one = Prune.byMagnitude(0.25).withNodes(null, Pattern.compile("two"));
    assertThatThrownBy(() -> one.run(shared))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("also read, in another way, by two");
  }

  @Test
  void constantNodesAreWeights() {
    List<Node> nodes =
        List.of(
            node("c", "Constant", "w")
                .withAttribute("value", new Attribute.OfTensor(random(1, 4, 4))),
            node("p", "MatMul", "y", "x", "w"));
    Network network = network(Map.of(), nodes, ValueInfo.of("x", DType.FLOAT32, 1, 4), 4);
    Network pruned = Prune.byMagnitude(0.5).apply(network);
    assertThat(Weight.zeros(constant(pruned, "w"))).isEqualTo(8);
  }

  @Test
  void notANumberIsRefusedWithItsTensor() {
    Map<String, Tensor> constants = Map.of("w", Tensor.of(new float[] {1, Float.NaN}, 2, 1));
    Network network =
        network(
            constants,
            List.of(node("p", "MatMul", "y", "x", "w")),
            ValueInfo.of("x", DType.FLOAT32, 1, 2),
            1);
    assertThatThrownBy(() -> Prune.byMagnitude(0.5).run(network))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("'w' holds NaN");
  }

  @Test
  void aLayerWithoutWeightsLeftIsAWarning() {
    assertThat(Prune.byMagnitude(1).run(network()).report().warnings()).hasSize(2);
  }

  @Test
  void patternsThatMatchNothingAreRefused() {
    Pattern nothing = Pattern.compile("relu");
    assertThatThrownBy(() -> Prune.byMagnitude(0.5).withNodes(nothing, null).run(network()))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> Prune.byMagnitude(0.5).withNodes(null, nothing).run(network()))
        .isInstanceOf(UsageException.class);
  }

  @Test
  void earlierPruningStaysInTheProvenance() {
    Network twice = Prune.byMagnitude(0.5).apply(Prune.byMagnitude(0.2).apply(network()));
    assertThat(twice.metadata().get("lathe.prune")).contains("0.2", "; then ", "0.5");
  }
}
