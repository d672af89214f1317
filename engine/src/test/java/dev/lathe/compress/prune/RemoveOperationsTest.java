package dev.lathe.compress.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtException;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Samples;
import dev.lathe.compress.quantize.OrtModel;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.compress.recover.ListSamples;
import dev.lathe.compress.recover.RandomNet;
import dev.lathe.compress.surgery.Bypass;
import dev.lathe.compress.surgery.Bypasses;
import dev.lathe.data.Preprocess;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Residual branches and layers that leave a network. */
class RemoveOperationsTest {

  private static final Path SHARED = Path.of("../../shared");
  private static final Map<String, Attribute> SAME =
      Map.of("pads", new Attribute.Ints(List.of(1L, 1L, 1L, 1L)));

  /**
   * A stem, a residual branch of two convolutions, one of which is nearly nothing, a layer with its
   * activation, and a classifier. The branch starts from {@code s} and ends in {@code sum}.
   */
  private static Network residual() {
    float[] small = new float[8 * 8 * 9];
    Arrays.fill(small, 1e-4f);
    return new RandomNet(1)
        .weights("ws", 8, 3, 3, 3)
        .node("Conv", "x ws", "c", SAME)
        .node("Relu", "c", "s", Map.of())
        .weights("w1", 8, 8, 3, 3)
        .node("Conv", "s w1", "c1", SAME)
        .node("Relu", "c1", "r1", Map.of())
        .constant("w2", Tensor.of(small, 8, 8, 3, 3))
        .node("Conv", "r1 w2", "c2", SAME)
        .node("Add", "c2 s", "sum", Map.of())
        .weights("w3", 8, 8, 1, 1)
        .node("Conv", "sum w3", "c3", Map.of())
        .node("Relu", "c3", "r3", Map.of())
        .node("GlobalAveragePool", "r3", "p", Map.of())
        .node("Flatten", "p", "f", Map.of())
        .weights("w4", 8, 5)
        .node("MatMul", "f w4", "y", Map.of())
        .build("x", 3, 8, 8);
  }

  private static CompressionContext samples(Network network) {
    return CompressionContext.of(ListSamples.random(network, 2, 8, 5));
  }

  private static RemoveOperations to(double share) {
    return new RemoveOperations(share, null, null);
  }

  private static List<String> names(Network network) {
    return network.graph().nodes().stream().map(Node::name).toList();
  }

  @Test
  void partsAreBranchesAndLayersWithTheirActivations() {
    List<Bypass> parts = Bypasses.of(residual());
    assertThat(parts.stream().map(part -> part.entry() + "-" + part.exit() + part.products()))
        .containsExactlyInAnyOrder(
            "s-r1[n_c1]", "r1-c2[n_c2]", "s-sum[n_c1, n_c2]", "sum-r3[n_c3]");
    Bypass branch =
        parts.stream().filter(part -> part.exit().equals("sum")).findFirst().orElseThrow();
    assertThat(branch.macs()).isEqualTo(2 * 8 * 8 * 9 * 64);
    assertThat(branch.nodes()).extracting(Node::name).contains("n_sum", "n_r1");
  }

  /** The branch adds next to nothing: it goes first, and the answers stay. */
  @Test
  void whatChangesTheOutputLeastGoesFirst() throws OrtException, IOException {
    Network network = residual();
    RemoveOperations.Result result = to(0.5).run(network, samples(network));
    assertThat(result.report().removed()).hasSize(1);
    assertThat(result.report().removed().getFirst().exit()).isEqualTo("sum");
    assertThat(result.report().removed().getFirst().change()).isLessThan(1e-2);
    assertThat(names(result.network()))
        .containsExactly("n_c", "n_s", "n_c3", "n_r3", "n_p", "n_f", "n_y");
    assertThat(result.network().graph().constants()).doesNotContainKeys("w1", "w2");
    assertThat(result.report().macsAfter()).isEqualTo(Bypasses.macs(result.network()));
    assertThat(result.report().macsAfter()).isLessThanOrEqualTo(result.report().macsBefore() / 2);
    assertThat(result.kept()).hasSize(2).allMatch(text -> text.matches("n_(c|y): .*"));
    assertThat(result.network().metadata().get(Prune.METADATA_KEY)).contains("operation", "0.5");
    answersAsInOnnxRuntime(result.network(), new long[] {3, 3, 8, 8});
  }

  private static void answersAsInOnnxRuntime(Network network, long[] dims)
      throws OrtException, IOException {
    byte[] file = OnnxWriter.toBytes(network);
    int elements = Math.toIntExact(Arrays.stream(dims).reduce(1, (a, b) -> a * b));
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = (float) Math.sin(0.37 * i);
    }
    Tensor input = Tensor.of(values, dims);
    try (NetworkRunner runner = new NetworkRunner(OnnxReader.read(file), RunOptions.standard());
        OrtModel ort = new OrtModel(file)) {
      float[] ours = runner.run(List.of(input)).getFirst().toFloats();
      float[] theirs = ort.output(input).toFloats();
      for (int i = 0; i < ours.length; i++) {
        assertThat(ours[i]).isCloseTo(theirs[i], within(1e-3f * (1 + Math.abs(theirs[i]))));
      }
    }
  }

  @Test
  void patternsChooseParts() {
    Network network = residual();
    RemoveOperations.Result result =
        new RemoveOperations(0.6, null, Pattern.compile("n_c2")).run(network, samples(network));
    assertThat(names(result.network())).contains("n_c2").doesNotContain("n_c1");
    result =
        new RemoveOperations(0.99, Pattern.compile("n_c3"), null).run(network, samples(network));
    assertThat(names(result.network())).contains("n_c1", "n_c2").doesNotContain("n_c3", "n_r3");
  }

  /** Equal at some size of the open axis only: a product over it does not keep its shape. */
  @Test
  void shapesMustAgreeAtEverySize() {
    Network network =
        new RandomNet(3)
            .weights("w", 6, 64)
            .node("MatMul", "x w", "m", Map.of())
            .node("Transpose", "m", "t", Map.of("perm", new Attribute.Ints(List.of(1L, 0L))))
            .node("Softmax", "t", "y", Map.of())
            .build("x", 6);
    assertThat(Bypasses.of(network)).isEmpty();
    CompressionContext context = samples(network);
    assertThatThrownBy(() -> to(0.5).run(network, context))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no operation to remove");
  }

  /** Sums and products that keep the shape go with the layer that only they read. */
  @Test
  void theWidestPartOfEachProductCounts() {
    Network network =
        new RandomNet(2)
            .weights("w1", 8, 8)
            .node("MatMul", "x w1", "a", Map.of())
            .weights("w2", 8, 8)
            .node("MatMul", "a w2", "b", Map.of())
            .node("Add", "a b", "c", Map.of())
            .node("Mul", "c a", "y", Map.of())
            .build("x", 8);
    assertThat(Bypasses.of(network).stream().map(part -> part.entry() + "-" + part.exit()))
        .containsExactlyInAnyOrder("x-a", "a-y");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.5, 1.2, Double.NaN})
  void sharesAreChecked(double share) {
    assertThatThrownBy(() -> to(share)).isInstanceOf(UsageException.class);
  }

  @Test
  void nonsenseIsRefused() {
    Network network = residual();
    CompressionContext context = samples(network);
    assertThatThrownBy(() -> to(0.1).run(network, context))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("can't be reached");
    assertThatThrownBy(() -> to(0.5).run(network, CompressionContext.none()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("needs samples");
    RemoveOperations nowhere = new RemoveOperations(0.5, Pattern.compile("nosuch"), null);
    assertThatThrownBy(() -> nowhere.run(network, context))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("matches no node");
    for (String settings :
        List.of("sparsity: 0.5", "method: l1, target-macs: 0.5", "target-macs: 0.5, seed: 1")) {
      String text = "steps: [{prune: {granularity: operation, " + settings + "}}]";
      assertThatThrownBy(() -> Recipe.parse(text, "r", true)).isInstanceOf(UsageException.class);
    }
  }

  /** Figures in docs/methods.md. */
  @Test
  void aTrainedNetworkLosesABlock() throws Exception {
    Path model = SHARED.resolve("models/resnet20-cifar10.onnx");
    Path data = SHARED.resolve("data/cifar10/cifar10-jpeg-calibration-512.npz");
    assumeTrue(Files.exists(model) && Files.exists(data), () -> "no " + model.toAbsolutePath());
    Network network = OnnxReader.read(model);
    Samples samples =
        Samples.of(data, network.graph().inputs(), Preprocess.parse("imagenet"), 32, 32);
    Recipe recipe =
        Recipe.parse(
            "steps: [prune: {granularity: operation, target-macs: 0.9, nodes: layer2}]", "r", true);
    Recipe.Result result = recipe.run(network, CompressionContext.of(samples));
    RemoveOperations.Result removed = (RemoveOperations.Result) result.steps().getFirst().outcome();
    assertThat(removed.report().removed().getFirst().nodes())
        .contains("layer2.2.conv1", "layer2.2.conv2");
    assertThat(OnnxWriter.toBytes(result.network()).length)
        .isLessThan(OnnxWriter.toBytes(network).length);
    assertThat(Objects.requireNonNull(result.network().graph().nodes()))
        .hasSizeLessThan(network.graph().nodes().size());
    answersAsInOnnxRuntime(result.network(), new long[] {2, 3, 32, 32});
  }
}
