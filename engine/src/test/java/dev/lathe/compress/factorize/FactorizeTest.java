package dev.lathe.compress.factorize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.quantize.OrtModel;
import dev.lathe.compress.recover.ListSamples;
import dev.lathe.compress.recover.RandomNet;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FactorizeTest {

  private static final Pattern NODE = Pattern.compile("n_y");

  /** Products in every form, each with the methods it can be taken apart by. */
  static Stream<Arguments> products() {
    return Stream.of(
            form("svd spatial tucker2", "Conv", conv(10, 6, 3, 3), attributes(1, 1, 1), 6, 9, 9),
            form("svd spatial tucker2", "Conv", conv(6, 10, 3, 5), attributes(2, 1, 1), 10, 9, 9),
            form("svd spatial tucker2", "Conv", conv(8, 5, 3, 3), attributes(1, 2, 2), 5, 9, 9),
            form("svd spatial tucker2", "Conv", conv(8, 5, 3, 3), same(), 5, 9, 8),
            form("svd", "Conv", conv(9, 12, 1, 1), attributes(2, 1, 0), 12, 7, 7),
            form("svd tucker2", "Conv", conv(7, 5, 4), Map.of(), 5, 11),
            form("svd", "Gemm", "12 9", transposed(), 9),
            form("svd", "Gemm", "9 12", Map.of("alpha", new Attribute.Real(0.5f)), 9),
            form("svd", "MatMul", "9 12", Map.of(), 4, 9))
        .flatMap(forms -> forms);
  }

  private static String conv(int... dims) {
    return String.join(" ", Arrays.stream(dims).mapToObj(Integer::toString).toList());
  }

  private static Stream<Arguments> form(
      String methods, String op, String weight, Map<String, Attribute> attributes, long... input) {
    long[] dims = Arrays.stream(weight.split(" ")).mapToLong(Long::parseLong).toArray();
    boolean biased = !op.equals("MatMul");
    long filters = op.equals("Conv") || attributes.containsKey("transB") ? dims[0] : dims[1];
    Network network =
        new RandomNet(5)
            .weights("w", dims)
            .weights("b", filters)
            .node(op, biased ? "x w b" : "x w", "y", attributes)
            .build("x", input);
    return Arrays.stream(methods.split(" "))
        .map(name -> Arguments.of(FactorMethods.parse(name), op + " " + weight, network));
  }

  private static Map<String, Attribute> attributes(long stride, long dilation, long pad) {
    return new LinkedHashMap<>(
        Map.of(
            "strides", ints(stride, stride),
            "dilations", ints(dilation, dilation),
            "pads", ints(pad, 0, pad, pad)));
  }

  private static Map<String, Attribute> same() {
    return Map.of("auto_pad", new Attribute.Text("SAME_UPPER"), "strides", ints(2, 2));
  }

  private static Map<String, Attribute> transposed() {
    return Map.of("transB", new Attribute.Int(1), "beta", new Attribute.Real(2));
  }

  private static Attribute ints(long... values) {
    return new Attribute.Ints(Arrays.stream(values).boxed().toList());
  }

  private static Layer layer(Network network) {
    Node node = network.graph().nodes().getLast();
    Tensor tensor = network.graph().constants().get("w");
    Weight weight = new Weight(node, "w", tensor, WeightView.of(node, tensor.shape(), false));
    // Shapes decide on MACs alone.
    return new Layer(weight, Shape.of(1, 1, 1, 1), Shape.of(1, 1, 1, 1));
  }

  /** The network at ranks that need not pay. */
  private static Network at(Network network, FactorMethod method, int[] ranks) {
    GraphEditor editor = GraphEditor.of(network.graph());
    Node node = editor.nodes().getLast();
    editor.replace(
        node,
        method
            .decompose(layer(network))
            .nodes(node, ranks, new Factors("w"), editor)
            .toArray(Node[]::new));
    return OnnxReader.read(OnnxWriter.toBytes(network.withGraph(editor.toGraph())));
  }

  private static Tensor run(Network network, Tensor input) {
    try (NetworkRunner runner = new NetworkRunner(network, RunOptions.standard())) {
      Tensor output = runner.run(List.of(input)).getFirst();
      return Tensor.of(output.toFloats(), output.shape().dims());
    }
  }

  private static void assertClose(Tensor actual, Tensor expected, double tolerance) {
    double largest = 0;
    for (float value : expected.toFloats()) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(actual.toFloats())
        .containsExactly(expected.toFloats(), within((float) (tolerance * largest)));
  }

  private static Tensor input(Network network) {
    return ListSamples.random(network, 1, 2, 7).inputs().getFirst();
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("products")
  void atFullRankTheFunctionIsTheSame(FactorMethod method, String name, Network network)
      throws OrtException {
    assertThat(method.obstacle(layer(network))).as(name).isEmpty();
    int[] full =
        method.decompose(layer(network)).energies().stream()
            .mapToInt(mode -> mode.length)
            .toArray();
    Network parts = at(network, method, full);
    assertThat(parts.graph().nodes()).hasSizeGreaterThan(1);
    Tensor expected = run(network, input(network));
    assertClose(run(parts, input(network)), expected, 1e-5);
    try (OrtModel ort = new OrtModel(OnnxWriter.toBytes(parts))) {
      assertClose(ort.output(input(network)), expected, 1e-5);
    }
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("products")
  void theErrorIsTheEnergyThatIsGone(FactorMethod method, String name, Network network)
      throws OrtException {
    List<double[]> energies = method.decompose(layer(network)).energies();
    double before = Double.POSITIVE_INFINITY;
    for (int step = 1; step <= 3; step++) {
      int part = step;
      int[] ranks =
          energies.stream().mapToInt(mode -> Math.max(1, mode.length * part / 3)).toArray();
      Network parts = at(network, method, ranks);
      double error = squaredError(network, parts);
      double gone = 0;
      for (int i = 0; i < ranks.length; i++) {
        gone += Arrays.stream(energies.get(i), ranks[i], energies.get(i).length).sum();
      }
      double all = Arrays.stream(energies.getFirst()).sum();
      if (ranks.length == 1) {
        assertThat(error).as(name).isCloseTo(gone, within(1e-5 * all));
      } else {
        assertThat(error).as(name).isLessThanOrEqualTo(gone + 1e-5 * all);
      }
      assertThat(error).isLessThanOrEqualTo(before + 1e-5 * all);
      before = error;
      Tensor input = input(network);
      try (OrtModel ort = new OrtModel(OnnxWriter.toBytes(parts))) {
        assertClose(ort.output(input), run(parts, input), 1e-5);
      }
    }
  }

  /** What the weight and the one its parts amount to differ by, squared, read off unit inputs. */
  private static double squaredError(Network network, Network parts) {
    Layer layer = layer(network);
    boolean conv = layer.isConv();
    long[] dims = layer.shape().dims();
    long[] shape = conv ? dims.clone() : new long[] {1, layer.weight().view().k()};
    if (conv) {
      shape[0] = 1;
    }
    // A kernel-sized image without padding or stride gives one product per filter.
    double error = 0;
    Network bare = bare(network);
    Network bareParts = bare(parts);
    for (int i = 0; i < layer.weight().view().k(); i++) {
      float[] unit = new float[layer.weight().view().k()];
      unit[i] = 1;
      Tensor x = Tensor.of(unit, shape);
      float[] expected = run(bare, x).toFloats();
      float[] actual = run(bareParts, x).toFloats();
      for (int j = 0; j < expected.length; j++) {
        error += Math.pow((double) expected[j] - actual[j], 2);
      }
    }
    return error / scale(network);
  }

  /** Gemm multiplies its weight with alpha. */
  private static double scale(Network network) {
    Node node = network.graph().nodes().getLast();
    double alpha = node.is("Gemm") ? node.floatAttribute("alpha", 1) : 1;
    return alpha * alpha;
  }

  /** The same products of any input, without stride, dilation and padding. */
  private static Network bare(Network network) {
    List<Node> nodes = new ArrayList<>();
    for (Node node : network.graph().nodes()) {
      Map<String, Attribute> attributes = new LinkedHashMap<>(node.attributes());
      List.of("strides", "dilations", "pads", "auto_pad").forEach(attributes::remove);
      nodes.add(Node.of(node.name(), "", node.opType(), node.inputs(), node.outputs(), attributes));
    }
    var graph = network.graph();
    return network.withGraph(
        new dev.lathe.graph.Graph(
            graph.name(),
            List.of(new dev.lathe.graph.ValueInfo("x", dev.lathe.tensor.DType.FLOAT32, null, null)),
            graph.outputs(),
            graph.constants(),
            nodes,
            Map.of(),
            null));
  }

  @Test
  void ranksKeepTheEnergyAskedFor() {
    double[] mode = {8, 4, 2, 1, 1};
    RankRule.MacsAt macs = ranks -> 10L * ranks[0];
    assertThat(new RankRule.Energy(0.75).choose(List.of(mode), macs, 40)).containsExactly(2);
    assertThat(new RankRule.Energy(0.76).choose(List.of(mode), macs, 40)).containsExactly(3);
    assertThat(new RankRule.Energy(1).choose(List.of(mode), macs, 40)).containsExactly(5);
    assertThat(new RankRule.Energy(0.75).choose(List.of(mode, mode), ranks -> 1, 40))
        .as("each mode may lose an eighth")
        .containsExactly(3, 3);
    assertThat(new RankRule.Ratio(0.5).choose(List.of(mode), macs, 40)).containsExactly(3);
    assertThat(new RankRule.BreakEven().choose(List.of(mode), macs, 40)).containsExactly(3);
    assertThat(new RankRule.Energy(0.5).choose(List.of(new double[4]), macs, 40))
        .as("all zero")
        .containsExactly(1);
  }

  /** A weight of rank 3 between others that pay nothing. */
  private static Network network(float last) {
    Random random = new Random(3);
    float[] low = new float[40 * 30];
    for (int r = 0; r < 3; r++) {
      float[] left = new float[40];
      for (int i = 0; i < 40; i++) {
        left[i] = (float) random.nextGaussian();
      }
      for (int j = 0; j < 30; j++) {
        float right = (float) random.nextGaussian();
        for (int i = 0; i < 40; i++) {
          low[i * 30 + j] += left[i] * right;
        }
      }
    }
    low[low.length - 1] += last;
    return new RandomNet(2)
        .weights("v", 20, 40)
        .node("MatMul", "x v", "h", Map.of())
        .constant("w", Tensor.of(low, 40, 30))
        .node("MatMul", "h w", "y", Map.of())
        .build("x", 20);
  }

  @Test
  void layersThatWouldNotGetCheaperAreKeptAndNamed() {
    Factorize.Result result = Factorize.byEnergy(0.9999).run(network(0), CompressionContext.none());
    assertThat(result.report().layers()).hasSize(1);
    FactorReport.Layer layer = result.report().layers().getFirst();
    assertThat(layer.ranks()).containsExactly(3);
    assertThat(layer.full()).containsExactly(30);
    assertThat(layer.macsBefore()).isEqualTo(1200);
    assertThat(layer.macsAfter()).isEqualTo(210);
    assertThat(result.kept())
        .containsExactly("n_h: 1200 multiply-accumulates at rank 20, 800 as it is");
    assertThat(result.network().metadata()).containsEntry("lathe.factorize", "svd, energy 0.9999");
    Tensor input = input(network(0));
    assertClose(run(result.network(), input), run(network(0), input), 1e-5);
  }

  @Test
  void breakEvenSavesAndNoHigherRankDoes() {
    Factorize.Result result =
        new Factorize(new SvdMethod(), new RankRule.BreakEven(), NODE, null)
            .run(network(0), CompressionContext.none());
    assertThat(result.report().layers().getFirst().ranks()).containsExactly(17);
    assertThat(17 * 70).isLessThan(1200);
    assertThat(18 * 70).isGreaterThan(1200);
  }

  @Test
  void aSharedWeightHasSharedFactors() {
    Network shared =
        new RandomNet(2)
            .weights("w", 16, 16)
            .node("MatMul", "x w", "h", Map.of())
            .node("MatMul", "h w", "y", Map.of())
            .build("x", 16);
    Factorize half = new Factorize(new SvdMethod(), new RankRule.Ratio(0.25), null, null);
    Network result = half.apply(shared);
    assertThat(result.graph().nodes()).hasSize(4);
    assertThat(result.graph().constants()).hasSize(2);
  }

  @Test
  void adversarialWeightsAreTakenApart() {
    for (float[] values : List.of(new float[64], filled(3), filled(Float.MIN_VALUE), outlier())) {
      LowRank matrix =
          LowRank.of(
              WeightMatrix.of(
                  new Weight(
                      Node.of("n", "", "MatMul", List.of("x", "w"), List.of("y"), Map.of()),
                      "w",
                      Tensor.of(values, 8, 8),
                      WeightView.columns(Shape.of(8, 8)))),
              8,
              8);
      double[] left = matrix.left(1);
      double[] right = matrix.right(1);
      for (int i = 0; i < 64; i++) {
        double product = left[i % 8] * right[i / 8];
        assertThat(product).isCloseTo(values[i], within(1e-6 * Math.abs(values[i]) + 1e-30));
      }
    }
  }

  private static float[] filled(float value) {
    float[] values = new float[64];
    Arrays.fill(values, value);
    return values;
  }

  private static float[] outlier() {
    float[] values = new float[64];
    values[37] = 1e30f;
    return values;
  }

  @Test
  void nonsenseIsRefused() {
    for (double share : new double[] {0, -1, 1.1, Double.NaN}) {
      assertThatThrownBy(() -> new RankRule.Energy(share)).isInstanceOf(UsageException.class);
      assertThatThrownBy(() -> new RankRule.Ratio(share)).isInstanceOf(UsageException.class);
    }
    assertThatThrownBy(() -> FactorMethods.parse("cp"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("svd, spatial, tucker2");
    assertThatThrownBy(
            () ->
                new Factorize(
                        new SvdMethod(),
                        new RankRule.BreakEven(),
                        Pattern.compile("nosuchnode"),
                        null)
                    .apply(network(0)))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> Factorize.byEnergy(0.9).apply(network(Float.NaN)))
        .isInstanceOf(InvalidModelException.class);
  }
}
