package dev.lathe.compress.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.compress.surgery.ChannelGraph;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.sample.Topologies;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RemoveChannelsTest {

  private static Tensor integers(long seed, int... dims) {
    Random random = new Random(seed);
    float[] values = new float[Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = 1 + random.nextInt(3);
    }
    return Tensor.of(values, Arrays.stream(dims).asLongStream().toArray());
  }

  /** Zeros the filters {@code rows} of a weight whose first dimension counts filters. */
  private static Tensor zeroed(Tensor weight, int... rows) {
    float[] values = weight.toFloats();
    int run = values.length / weight.shape().intDim(0);
    for (int row : rows) {
      Arrays.fill(values, row * run, (row + 1) * run, 0);
    }
    return Tensor.of(values, weight.shape().dims());
  }

  private static Node node(String op, String output, String... inputs) {
    return Node.of(output, "", op, List.of(inputs), List.of(output), Map.of());
  }

  /** Two convolutions of integers, the second in a residual block, and a product. */
  private static Network network() {
    Map<String, Tensor> constants = new LinkedHashMap<>();
    constants.put("w1", zeroed(integers(1, 8, 3, 3, 3), 2, 5));
    constants.put("b1", zeroed(integers(2, 8), 2, 5));
    constants.put("w2", zeroed(integers(3, 8, 8, 1, 1), 2, 5));
    constants.put("g", zeroed(integers(6, 8), 2, 5));
    constants.put("zero", zeroed(integers(6, 8), 0, 1, 2, 3, 4, 5, 6, 7));
    constants.put("one", Tensor.of(new float[] {1, 1, 1, 1, 1, 1, 1, 1}, 8));
    constants.put("w3", integers(4, 8, 5));
    List<Node> nodes =
        List.of(
            node("Conv", "c1", "x", "w1", "b1"),
            node("Relu", "r1", "c1"),
            node("Conv", "c2", "r1", "w2"),
            node("BatchNormalization", "n2", "c2", "g", "zero", "zero", "one")
                .withAttribute("epsilon", new Attribute.Real(0)),
            node("Add", "a", "n2", "r1"),
            node("GlobalMaxPool", "p", "a"),
            node("Flatten", "f", "p"),
            node("Gemm", "y", "f", "w3"));
    Graph graph =
        new Graph(
            "g",
            List.of(ValueInfo.of("x", DType.FLOAT32, 1, 3, 8, 8)),
            List.of(ValueInfo.of("y", DType.FLOAT32, 1, 5)),
            constants,
            nodes,
            Map.of("a", ValueInfo.of("a", DType.FLOAT32, 1, 8, 6, 6)),
            null);
    return new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
  }

  private static RemoveChannels share(ChannelScore score, double sparsity) {
    return new RemoveChannels(score, new ChannelShare(sparsity, false, 1), null, null, false);
  }

  private static float[] run(Network network, Tensor input) {
    try (NetworkRunner runner = new NetworkRunner(network, RunOptions.standard())) {
      return runner.run(List.of(input)).getFirst().toFloats();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"l1", "l2", "random", "sampled", "bn-gamma"})
  void channelsOfScoreZeroGoFirstAndNothingChanges(String method) {
    Network before = network();
    RemoveChannels.Result result = share(ChannelScores.parse(method, 3), 0.25).run(before);
    Network after = result.network();
    Tensor weight = Objects.requireNonNull(after.graph().constants().get("w1"));
    assertThat(weight.shape().dims()).containsExactly(6, 3, 3, 3);
    Tensor input = integers(9, 1, 3, 8, 8);
    assertThat(run(after, input)).as("integers are summed exactly").isEqualTo(run(before, input));
    assertThat(Objects.requireNonNull(after.graph().valueInfos().get("a")).toString())
        .isEqualTo("a: float32 1x6x6x6");
    assertThat(result.report().groups())
        .containsExactly(new ChannelReport.Group(List.of("c1", "c2"), 8, 6));
    assertThat(after.metadata()).containsKey("lathe.prune");
  }

  @Test
  void lowerSharesRemoveFewerAndOneAlwaysStays() {
    for (double sparsity : new double[] {0, 0.3, 0.9, 0.999}) {
      int kept =
          share(ChannelScores.parse("l1", 1), sparsity)
              .run(network())
              .report()
              .groups()
              .getFirst()
              .after();
      assertThat(kept).isEqualTo(Math.max(1, 8 - (int) Math.round(sparsity * 8)));
    }
  }

  @Test
  void countsAreRoundedUpToMultiples() {
    for (ChannelBudget budget :
        List.of(
            new ChannelShare(0.4, false, 8),
            new ChannelShare(0.4, true, 8),
            new TargetMacs(0.6, 8))) {
      RemoveChannels remove =
          new RemoveChannels(ChannelScores.parse("l1", 1), budget, null, null, false);
      RemoveChannels.Result result = remove.run(Topologies.build("resnet18", 1));
      assertThat(result.report().groups()).allMatch(group -> group.after() % 8 == 0);
      assertThat(result.report().groups()).anyMatch(group -> group.after() < group.before());
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 0.9, 0.7, 0.3})
  void targetsOfMacsAreMetClosely(double share) {
    Network before = Topologies.build("resnet18", 1);
    RemoveChannels.Result result = RemoveChannels.toMacs(share).run(before);
    double start = ChannelGraph.of(before).macs().total();
    double left = ChannelGraph.of(result.network()).macs().total();
    assertThat(left / start).isBetween(share - 0.01, share);
  }

  @Test
  void aGlobalShareTakesFromAllGroupsTogether() {
    Network before = Topologies.build("lenet5", 1);
    ChannelShare budget = new ChannelShare(0.5, true, 1);
    List<ChannelReport.Group> groups =
        new RemoveChannels(ChannelScores.parse("l1", 1), budget, null, null, false)
            .run(before)
            .report()
            .groups();
    int channels = groups.stream().mapToInt(ChannelReport.Group::before).sum();
    int left = groups.stream().mapToInt(ChannelReport.Group::after).sum();
    assertThat(left).isEqualTo(channels - Math.round(0.5f * channels));
  }

  @Test
  void nodesDecideWhichGroupsChange() {
    Network before = Topologies.build("lenet5", 1);
    RemoveChannels only =
        new RemoveChannels(
            ChannelScores.parse("l1", 1),
            new ChannelShare(0.5, false, 1),
            Pattern.compile("conv"),
            Pattern.compile("conv2"),
            false);
    RemoveChannels.Result result = only.run(before);
    assertThat(result.report().groups())
        .containsExactly(new ChannelReport.Group(List.of("conv1"), 6, 3));
    assertThat(result.kept()).contains("conv2: excluded", "fc1: not among the nodes asked for");
  }

  @Test
  void nonsenseIsRefused() {
    for (double sparsity : new double[] {-0.1, 1, 1.2, Double.NaN}) {
      assertThatThrownBy(() -> new ChannelShare(sparsity, false, 1))
          .isInstanceOf(UsageException.class);
    }
    for (double share : new double[] {0, 1.1, Double.NaN}) {
      assertThatThrownBy(() -> new TargetMacs(share, 1)).isInstanceOf(UsageException.class);
    }
    assertThatThrownBy(() -> new TargetMacs(0.5, 0)).isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> RemoveChannels.toMacs(0.0001).run(network()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("can't be reached");
    assertThatThrownBy(() -> share(new BnGammaScore(), 0.5).run(Topologies.build("lenet5", 1)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no BatchNormalization scales its channels");
    assertThatThrownBy(() -> ChannelScores.parse("threshold", 1))
        .isInstanceOf(UsageException.class);
    Pattern nothing = Pattern.compile("nosuchnode");
    RemoveChannels remove =
        new RemoveChannels(new BnGammaScore(), new TargetMacs(0.5, 1), nothing, null, false);
    assertThatThrownBy(() -> remove.run(network())).isInstanceOf(UsageException.class);
  }

  @Test
  void notANumberIsRefusedWithItsTensor() {
    Network network = network();
    Map<String, Tensor> constants = new LinkedHashMap<>(network.graph().constants());
    float[] values = integers(1, 8, 3, 3, 3).toFloats();
    values[7] = Float.NaN;
    constants.put("w1", Tensor.of(values, 8, 3, 3, 3));
    assertThatThrownBy(
            () ->
                RemoveChannels.toMacs(0.5)
                    .run(network.withGraph(network.graph().withConstants(constants))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("'w1' holds NaN");
  }
}
