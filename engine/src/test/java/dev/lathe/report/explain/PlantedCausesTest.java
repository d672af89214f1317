package dev.lathe.report.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.cpu.Isa;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.dispatch.KernelCatalog;
import dev.lathe.measure.SeededInputs;
import dev.lathe.report.bench.BenchSetup;
import dev.lathe.runtime.InputCheck;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Networks with one planted cause each, on a machine whose times are computed. */
class PlantedCausesTest {

  private static final int MR = KernelCatalog.of(GemmF32.class).getFirst().mr();
  private static final int NR = KernelCatalog.of(GemmF32.class).getFirst().nr();
  private static final int INTEGER_NR = KernelCatalog.of(GemmU8S8.class).getFirst().nr();
  private static final RunOptions ONE = RunOptions.standard().withThreads(1);
  private static final BenchSetup.Progress SILENT = (task, done, total) -> {};

  private static Explanation explain(Network network, RunOptions options, double integerRate) {
    List<Tensor> inputs =
        InputCheck.declared(network.graph().inputs(), 1).stream()
            .map(fact -> SeededInputs.of(fact, 1))
            .toList();
    return ExplainRun.of(
        network,
        inputs,
        options,
        Set.of(Isa.SCALAR),
        new SimulatedMachine(integerRate),
        100,
        SILENT);
  }

  private static String first(Network network) {
    return first(explain(network, ONE, 50));
  }

  private static String first(Explanation explanation) {
    assertThat(explanation.causes()).as(explanation.unconfirmed().toString()).isNotEmpty();
    assertThat(explanation.first().getFirst().cause())
        .isEqualTo(explanation.causes().getFirst().finding().cause());
    return explanation.causes().getFirst().finding().cause();
  }

  /** Whole tiles, a long reduction. */
  private static Work clean() {
    return Work.product(false, 8 * MR, 512, 8 * NR);
  }

  @Test
  void aLargeAlignedConvolutionHasNone() {
    int side = 4 * MR;
    Work convolution =
        new Work(
            false,
            1,
            side,
            side,
            64,
            4 * NR,
            1,
            List.of(3L, 3L),
            List.of(1L, 1L),
            List.of(1L, 1L),
            List.of(1L, 1L, 1L, 1L));

    assertThat(explain(Alone.of(convolution), ONE, 50).causes()).isEmpty();
    assertThat(explain(Alone.of(clean()), ONE, 50).causes()).isEmpty();
  }

  @Test
  void depthwiseConvolutionsWaitForMemory() {
    int channels = 64;
    Work depthwise =
        new Work(
            false,
            1,
            32,
            32,
            channels,
            channels,
            channels,
            List.of(3L, 3L),
            List.of(1L, 1L),
            List.of(1L, 1L),
            List.of(1L, 1L, 1L, 1L));

    assertThat(first(Alone.of(depthwise))).isEqualTo("depthwise bandwidth");
  }

  @Test
  void shortReductions() {
    assertThat(first(Alone.of(Work.product(false, 8 * MR, 8, 8 * NR))))
        .isEqualTo("short reduction");
  }

  @Test
  void fewColumnsFillNoTile() {
    assertThat(first(Alone.of(Work.product(false, 64 * MR, 512, 1))))
        .isEqualTo("product smaller than the tile");
  }

  @Test
  void oneColumnMoreThanATile() {
    Explanation explanation = explain(Alone.of(Work.product(false, 64 * MR, 512, NR + 1)), ONE, 50);

    assertThat(first(explanation)).isEqualTo("tail waste");
    assertThat(explanation.causes().getFirst().finding().why())
        .contains(String.format(java.util.Locale.ROOT, "%.0f %%", 100.0 * (NR - 1) / (2 * NR)));
    // whole tiles take the same time and do more work
    assertThat(explanation.causes().getFirst().ratio().value())
        .isCloseTo((NR + 1) / (2.0 * NR), org.assertj.core.api.Assertions.within(1e-6));
  }

  @Test
  void threeChannelsArePadded() {
    Work image =
        new Work(
            true,
            1,
            64,
            64,
            3,
            4 * INTEGER_NR,
            1,
            List.of(7L, 7L),
            List.of(2L, 2L),
            List.of(1L, 1L),
            List.of(3L, 3L, 3L, 3L));

    assertThat(first(Alone.of(image))).isEqualTo("padded channels");
  }

  @Test
  void aTransposeThatStayed() {
    Graph graph =
        graph(
            ValueInfo.of("x", DType.FLOAT32, 1, 64, 32, 32),
            Map.of(),
            List.of(
                node(
                    "turn",
                    "Transpose",
                    List.of("x"),
                    "y",
                    Map.of("perm", new Attribute.Ints(List.of(0L, 2L, 3L, 1L))))));

    assertThat(first(network(graph))).isEqualTo("layout conversion");
  }

  @Test
  void aDynamicallyQuantizedProduct() {
    assertThat(first(Alone.dynamic(Work.product(true, 8 * MR, 4096, INTEGER_NR))))
        .isEqualTo("dynamic quantization");
  }

  @Test
  void anOperatorWithoutKernel() {
    Graph graph =
        graph(
            ValueInfo.of("x", DType.FLOAT32, 64, 512),
            Map.of("axis", Tensor.of(new long[] {1})),
            List.of(node("sum", "CumSum", List.of("x", "axis"), "y", Map.of())));

    assertThat(first(network(graph))).isEqualTo("plain loop");
  }

  @Test
  void zerosThatAreMultiplied() {
    int k = 512;
    float[] weights = new float[Math.multiplyExact(k, 8 * NR)];
    IntStream.range(0, weights.length).filter(i -> i % 4 == 0).forEach(i -> weights[i] = 1 + i % 7);
    Graph graph =
        graph(
            ValueInfo.of("x", DType.FLOAT32, 8L * MR, k),
            Map.of("w", Tensor.of(weights, k, 8L * NR)),
            List.of(node("product", "MatMul", List.of("x", "w"), "y", Map.of())));

    Explanation explanation = explain(network(graph), ONE, 50);

    assertThat(first(explanation)).isEqualTo("zeros that do not pay");
    assertThat(explanation.causes().getFirst().finding().why()).contains("75 %");
    assertThat(explanation.causes().getFirst().finding().why()).contains("single weights");
    assertThat(explanation.causes().getFirst().gain()).startsWith("not measured: predicted: ");
  }

  @Test
  void oneRowReadsAllWeights() {
    assertThat(first(Alone.of(Work.product(false, 1, 1024, 64 * NR)))).isEqualTo("reading weights");
  }

  @Test
  void moreThreadsThanWork() {
    Explanation explanation =
        explain(Alone.of(Work.product(false, 2 * MR, 512, NR)), ONE.withThreads(4), 50);

    assertThat(first(explanation)).isEqualTo("too little work for the threads");
  }

  @Test
  void integersSlowerThanFloats() {
    Work work = Work.product(true, 64 * MR, 512, 8 * INTEGER_NR);

    Explanation explanation = explain(Alone.of(work), ONE, 10);

    assertThat(first(explanation)).isEqualTo("int8 slower than fp32");
    assertThat(explanation.first().getFirst().command()).contains("--exclude 'layer'");
  }

  @Test
  void aFloatOperatorBetweenIntegerOnes() {
    Work outer = Work.product(true, 8 * MR, 256, 8 * INTEGER_NR);
    Network whole = Alone.of(outer);
    Map<String, Tensor> constants = new LinkedHashMap<>(whole.graph().constants());
    constants.put("eight", Tensor.scalar(0.05f));
    constants.put("zero", Tensor.zeros(DType.UINT8, Shape.scalar()));
    List<Node> nodes = new ArrayList<>(whole.graph().nodes());
    nodes.add(node("out", "DequantizeLinear", List.of("y", "eight", "zero"), "f", Map.of()));
    nodes.add(node("island", "Softmax", List.of("f"), "g", Map.of("axis", new Attribute.Int(-1))));
    nodes.add(node("in", "QuantizeLinear", List.of("g", "eight", "zero"), "h", Map.of()));
    Node again = whole.graph().nodes().getFirst();
    List<String> inputs =
        again.inputs().stream().map(input -> input.equals("x") ? "h" : input).toList();
    constants.put(
        "w2",
        SeededInputs.of(
            dev.lathe.graph.TensorFact.of(
                DType.INT8, Shape.of(outer.outputs(), outer.outputs(), 1, 1)),
            3));
    nodes.add(
        Node.of(
            "second",
            Node.LATHE_DOMAIN,
            "QConv",
            inputs.stream().map(input -> input.equals("w") ? "w2" : input).toList(),
            List.of("last"),
            again.attributes()));
    Graph graph =
        new Graph(
            "island",
            whole.graph().inputs(),
            List.of(new ValueInfo("last", null, null, null)),
            constants,
            nodes,
            Map.of(),
            null);

    // fast products: the conversions count
    Explanation explanation = explain(network(graph), ONE, 1_000);

    assertThat(first(explanation)).isEqualTo("float island");
    assertThat(explanation.causes().getFirst().finding().why()).contains("2 conversions");
  }

  @Test
  void integerProductsWithoutDotProductsAreNamedThoughNotMeasured() {
    Explanation explanation =
        explain(Alone.of(Work.product(true, 64 * MR, 512, 8 * INTEGER_NR)), ONE, 50);
    boolean dot =
        explanation.layers().getFirst().main().step().kernel().matches(".*(vnni|amx|neon).*");

    Set<String> causes =
        explanation.causes().stream().map(one -> one.finding().cause()).collect(Collectors.toSet());

    if (dot) {
      assertThat(causes).isEmpty();
    } else {
      assertThat(causes).containsExactly("tier without 8-bit dot products");
      assertThat(explanation.causes().getFirst().gain()).contains("not measured");
    }
  }

  private static Node node(
      String name,
      String operator,
      List<String> inputs,
      String output,
      Map<String, Attribute> attributes) {
    return Node.of(name, "", operator, inputs, List.of(output), attributes);
  }

  private static Graph graph(ValueInfo input, Map<String, Tensor> constants, List<Node> nodes) {
    return new Graph(
        "planted",
        List.of(input),
        List.of(new ValueInfo("y", null, null, null)),
        constants,
        nodes,
        Map.of(),
        null);
  }

  private static Network network(Graph graph) {
    return new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
  }
}
