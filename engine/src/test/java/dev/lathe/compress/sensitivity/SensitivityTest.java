package dev.lathe.compress.sensitivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.GivenSamples;
import dev.lathe.compress.OutputReference;
import dev.lathe.compress.Progress;
import dev.lathe.compress.prune.Prune;
import dev.lathe.compress.quantize.LayerBits;
import dev.lathe.compress.quantize.QuantizationReport;
import dev.lathe.compress.quantize.QuantizeOptions;
import dev.lathe.compress.quantize.Quantizer;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.error.ToleranceException;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.sample.SampleData;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On the shipped network, whose inputs are noise here. */
class SensitivityTest {

  private static final Network NETWORK = OnnxReader.read(SampleData.MODEL.bytes());

  private final Sensitivity sensitivity = sensitivity("int8", "int4", "int2");

  @Test
  void fewerBitsDivergeMore() {
    List<Progress.State> states = new ArrayList<>();

    List<LayerSensitivity> layers = sensitivity.layers(states::add);

    assertThat(layers).hasSizeGreaterThan(2);
    for (LayerSensitivity layer : layers) {
      assertThat(layer.cells().get(0).divergence()).isLessThan(layer.cells().get(1).divergence());
      assertThat(layer.cells().get(1).divergence()).isLessThan(layer.cells().get(2).divergence());
    }
    assertThat(states).hasSize(3 * layers.size());
    assertThat(states.getLast().total()).hasValue(states.getLast().done());
  }

  @Test
  void moreZerosDivergeMoreAndTakeFewerBytes() {
    Sensitivity pruned =
        sensitivity("int8", "prune:0.5", "prune:0.8", "prune:0.8,4x4", "prune:2:4");
    List<LayerSensitivity> layers = pruned.layers(Progress.NONE);

    for (LayerSensitivity layer : layers) {
      List<LayerSensitivity.Cell> cells = layer.cells();
      assertThat(cells.get(1).divergence()).isLessThan(cells.get(2).divergence());
      assertThat(cells.get(2).bytes()).isLessThan(cells.get(1).bytes());
      assertThat(cells.get(4).bytes()).isGreaterThanOrEqualTo(cells.get(1).bytes());
      long bitmap = (layer.parameters() + 7) / 8;
      assertThat(cells.get(1).bytes())
          .isEqualTo(bitmap + 4 * (layer.parameters() - Math.round(0.5 * layer.parameters())));
    }
    MixedPrecision precision = new MixedPrecision(layers);
    MixedPrecision.Measured chosen = precision.withinBits(10, pruned);
    assertThat(chosen.choice().bits()).isLessThanOrEqualTo(10);
    assertThat(pruned.jointly(chosen.choice().candidates())).isEqualTo(chosen.agreement());
  }

  /** What is measured is what pruning that layer leaves. */
  @Test
  void aPrunedCandidateIsThatLayerPruned() {
    String name = "^" + Pattern.quote(firstNode()) + "$";
    Prune prune = Prune.byMagnitude(0.7).withNodes(Pattern.compile(name), null);
    Network prunedAlone = prune.run(Quantizer.prepare(NETWORK)).network();
    OutputReference reference = OutputReference.of(NETWORK, context());

    LayerSensitivity.Cell cell =
        sensitivity(Pattern.compile(name), "prune:0.7")
            .layers(Progress.NONE)
            .getFirst()
            .cells()
            .getFirst();

    assertThat(cell.agreement()).isEqualTo(reference.compare(prunedAlone, ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pow2:8,class",
        "prune",
        "prune:",
        "prune:1.2",
        "prune:0.5,3",
        "prune:4:2",
        "prune:..",
        "zero:0.5"
      })
  void candidatesThatAreNoneAreRefused(String text) {
    assertThatThrownBy(() -> Candidate.parse(text, WeightGranularity.CHANNEL))
        .isInstanceOf(UsageException.class);
  }

  @Test
  void oneLayerJointlyIsThatLayerAlone() {
    Sensitivity one = sensitivity(Pattern.compile(firstNode()), "int4");

    LayerSensitivity alone = one.layers(Progress.NONE).getFirst();

    assertThat(one.jointly(List.of(0))).isEqualTo(alone.cells().getFirst().agreement());
  }

  @Test
  void budgetsAreKept() {
    MixedPrecision precision = new MixedPrecision(sensitivity.layers(Progress.NONE));

    MixedPrecision.Measured bits = precision.withinBits(5, sensitivity);
    assertThat(bits.choice().bits()).isLessThanOrEqualTo(5);
    double budget =
        10 * sensitivity.jointly(precision.uniform(0).candidates()).divergence().value();
    MixedPrecision.Measured nats = precision.withinDivergence(budget, sensitivity);
    assertThat(nats.agreement().divergence().value()).isLessThanOrEqualTo(budget);
    assertThat(nats.choice().bytes()).isLessThan(precision.uniform(0).bytes());
    assertThat(sensitivity.jointly(nats.choice().candidates())).isEqualTo(nats.agreement());

    assertThatThrownBy(() -> precision.withinBits(1, sensitivity))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("can't be met");
    assertThatThrownBy(() -> precision.withinDivergence(0, sensitivity))
        .isInstanceOf(ToleranceException.class);
  }

  /** Coded to 2 bits, 0.1 beside 1 is 0, and all logarithms are infinite. */
  @Test
  void answersThatAreNoNumbersAreWithinNoBudget() {
    Graph graph =
        new Graph(
            "g",
            List.of(ValueInfo.of("x", DType.FLOAT32, 1, 2)),
            List.of(ValueInfo.of("y", DType.FLOAT32, 1, 2)),
            Map.of("w", Tensor.of(new float[] {1, 1, 0.1f, 0.2f}, 2, 2)),
            List.of(
                Node.of("product", "", "MatMul", List.of("x", "w"), List.of("z"), Map.of()),
                Node.of("log", "", "Log", List.of("z"), List.of("y"), Map.of())),
            Map.of(),
            null);
    Network network = new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
    Sensitivity logarithms =
        Sensitivity.of(
            network,
            List.of(Candidate.parse("int2", WeightGranularity.CHANNEL)),
            null,
            null,
            CompressionContext.of(new GivenSamples(List.of(Tensor.of(new float[] {0, 1}, 1, 2)))));
    MixedPrecision precision = new MixedPrecision(logarithms.layers(Progress.NONE));

    assertThatThrownBy(() -> precision.withinDivergence(1e9, logarithms))
        .isInstanceOf(ToleranceException.class)
        .hasMessageContaining("can't be met");
  }

  @Test
  void nonsenseIsRefused() {
    assertThatThrownBy(() -> sensitivity(Pattern.compile("nowhere"), "int4"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("the pattern matches no node");
    assertThatThrownBy(this::sensitivity)
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no candidate");
  }

  /** Widths of layers reach the file, and no weight takes more levels than it may. */
  @Test
  void quantizeWritesTheChosenWidths() {
    List<LayerBits> layers = List.of(new LayerBits(Pattern.compile("^" + firstNode() + "$"), 3));
    QuantizeOptions options = QuantizeOptions.standard().withActivations(null).withLayers(layers);

    Quantizer.Result result = Quantizer.apply(Quantizer.plan(NETWORK, options), Map.of());
    Network read = OnnxReader.read(OnnxWriter.toBytes(result.network()));

    for (QuantizationReport.Weight weight : result.report().weights()) {
      boolean first = weight.node().equals(firstNode());
      assertThat(weight.params().levels().bits()).isEqualTo(first ? 3 : 8);
      Tensor levels =
          Objects.requireNonNull(read.graph().constants().get(weight.tensor() + "_quantized"));
      Set<Long> used = new HashSet<>();
      for (long level : levels.toLongs()) {
        used.add(level);
      }
      assertThat(used.size()).isLessThanOrEqualTo(first ? 7 : 255);
      assertThat(used.size() > 7).isNotEqualTo(first);
    }
    assertThat(read.metadata().get(Quantizer.METADATA_KEY))
        .isEqualTo("weights mixed-width symmetric per channel; activations float");
  }

  @Test
  void widthsOfUnknownLayersAreRefused() {
    QuantizeOptions options =
        QuantizeOptions.standard()
            .withLayers(List.of(new LayerBits(Pattern.compile("nowhere"), 4)));

    assertThatThrownBy(() -> Quantizer.plan(NETWORK, options))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("nowhere");
  }

  @Test
  void simulatedWeightsAreThoseOfTheFile() {
    // What sensitivity measures for int4 is what quantize --weights int4 writes.
    QuantizeOptions options =
        QuantizeOptions.standard()
            .withActivations(null)
            .withWeights(4, dev.lathe.quant.Scheme.SYMMETRIC, QuantizeOptions.Granularity.CHANNEL);
    Network written = Quantizer.apply(Quantizer.plan(NETWORK, options), Map.of()).network();
    List<LayerSensitivity> layers = sensitivity.layers(Progress.NONE);
    double simulated =
        sensitivity
            .jointly(new MixedPrecision(layers).uniform(1).candidates())
            .divergence()
            .value();

    double actual =
        dev.lathe.compress.OutputReference.of(NETWORK, context())
            .compare(written, "int4")
            .divergence()
            .value();
    assertThat(actual).isCloseTo(simulated, within(0.02 * simulated));
  }

  private static String firstNode() {
    return NETWORK.graph().nodes().stream()
        .filter(node -> node.is("Conv"))
        .findFirst()
        .orElseThrow()
        .name();
  }

  private Sensitivity sensitivity(String... candidates) {
    return sensitivity(Pattern.compile(""), candidates);
  }

  private static Sensitivity sensitivity(Pattern nodes, String... candidates) {
    List<Candidate> parsed =
        java.util.Arrays.stream(candidates)
            .map(text -> Candidate.parse(text, WeightGranularity.CHANNEL))
            .toList();
    return Sensitivity.of(NETWORK, parsed, nodes, null, context());
  }

  private static CompressionContext context() {
    Random random = new Random(6);
    float[] values = new float[24 * 28 * 28];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return CompressionContext.of(new GivenSamples(List.of(Tensor.of(values, 24, 1, 28, 28))));
  }
}
