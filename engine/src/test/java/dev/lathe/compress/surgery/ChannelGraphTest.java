package dev.lathe.compress.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtException;
import dev.lathe.compress.quantize.OrtModel;
import dev.lathe.compress.quantize.QuantizeOptions;
import dev.lathe.compress.quantize.Quantizer;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.sample.Topologies;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Without some channels a network computes what it did with them, but for products that no longer
 * see them. Checked by cutting the channels out, and by multiplying them with zero in front of
 * every product.
 */
class ChannelGraphTest {

  private static final float TOLERANCE = 2e-5f;

  @ParameterizedTest
  @ValueSource(
      ints = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
        25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39
      })
  void randomNetworks(int seed) throws OrtException {
    check(RandomNets.of(seed), image(seed, 1, 3, 8, 8), seed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lenet5", "squeezenet1_1", "mobilenet_v2", "resnet18"})
  void knownTopologies(String name) throws OrtException {
    Tensor input = name.equals("lenet5") ? image(1, 1, 1, 28, 28) : image(1, 1, 3, 224, 224);
    check(Topologies.build(name, 3), input, 7);
  }

  private static void check(Network network, Tensor input, long seed) throws OrtException {
    ChannelGraph graph = ChannelGraph.of(network);
    assertThat(graph.groups()).isNotEmpty();
    List<Channel> gone = choose(graph, new Random(seed));
    Network smaller = OnnxReader.read(OnnxWriter.toBytes(graph.without(gone)));

    assertThat(graph.macs().total()).isPositive();
    MacCount macs = graph.macs();
    macs.remove(gone);
    assertThat(ChannelGraph.of(smaller).macs().total()).isEqualTo(macs.total());
    assertThat(parameters(smaller)).isLessThan(parameters(network));

    Tensor expected = run(masked(network, gone), input);
    Tensor actual = run(smaller, input);
    assertClose(actual, expected);
    try (OrtModel ort = new OrtModel(OnnxWriter.toBytes(smaller))) {
      assertClose(ort.output(input), expected);
    }
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    float largest = 0;
    for (float value : expected.toFloats()) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(actual.shape()).isEqualTo(expected.shape());
    for (int i = 0; i < expected.elements(); i++) {
      assertThat(actual.f32(i))
          .isCloseTo(expected.f32(i), org.assertj.core.api.Assertions.within(TOLERANCE * largest));
    }
  }

  /** About a third of every group. */
  private static List<Channel> choose(ChannelGraph graph, Random random) {
    List<Channel> gone = new ArrayList<>();
    for (ChannelGroup group : graph.groups()) {
      List<Channel> channels = new ArrayList<>(group.channels());
      Collections.shuffle(channels, random);
      gone.addAll(channels.subList(0, channels.size() / 3));
    }
    return gone;
  }

  /** The network with zeros in front of every product that reads one of the channels. */
  private static Network masked(Network network, List<Channel> gone) {
    Map<Axis, BitSet> zeros = new LinkedHashMap<>();
    for (Channel channel : gone) {
      channel
          .indices()
          .forEach(
              (axis, indices) -> {
                BitSet set = zeros.computeIfAbsent(axis, none -> new BitSet());
                for (int index : indices) {
                  set.set(index);
                }
              });
    }
    Graph graph = network.graph();
    Map<String, Tensor> constants = new LinkedHashMap<>(graph.constants());
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      boolean conv = node.is("Conv");
      if (!conv && !node.is("Gemm") && !node.is("MatMul")) {
        nodes.add(node);
        continue;
      }
      Axis axis =
          zeros.keySet().stream()
              .filter(one -> one.value().equals(node.input(0)) && one.dimension() >= 1)
              .max((a, b) -> Integer.compare(a.dimension(), b.dimension()))
              .orElse(null);
      if (axis == null) {
        nodes.add(node);
        continue;
      }
      int channels = extent(graph, node);
      float[] mask = new float[channels];
      for (int i = 0; i < channels; i++) {
        mask[i] = zeros.getOrDefault(axis, new BitSet()).get(i) ? 0 : 1;
      }
      String name = node.name() + "_mask";
      constants.put(name, conv ? Tensor.of(mask, channels, 1, 1) : Tensor.of(mask, channels));
      String value = node.name() + "_masked";
      nodes.add(Node.of(value, "", "Mul", List.of(node.input(0), name), List.of(value), Map.of()));
      nodes.add(node.withInput(0, value));
    }
    return network.withGraph(graph.withConstants(constants).withNodes(nodes));
  }

  /** Channels that a product reads. */
  private static int extent(Graph graph, Node node) {
    Tensor weight = java.util.Objects.requireNonNull(graph.constants().get(node.input(1)));
    return switch (node.opType()) {
      case "Conv" -> weight.shape().intDim(1) * (int) node.intAttribute("group", 1);
      case "Gemm" -> weight.shape().intDim(node.intAttribute("transB", 0) != 0 ? 1 : 0);
      default -> weight.shape().intDim(0);
    };
  }

  private static Tensor run(Network network, Tensor input) {
    try (NetworkRunner runner = new NetworkRunner(network, RunOptions.standard())) {
      Tensor output = runner.run(List.of(input)).getFirst();
      return Tensor.of(output.toFloats(), output.shape().dims());
    }
  }

  private static long parameters(Network network) {
    return network.graph().constants().values().stream().mapToLong(Tensor::elements).sum();
  }

  private static Tensor image(long seed, int... dims) {
    int elements = 1;
    for (int dim : dims) {
      elements *= dim;
    }
    Random random = new Random(seed);
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, java.util.Arrays.stream(dims).asLongStream().toArray());
  }

  @Test
  void channelsOfInputsAndOutputsStayAndSayWhy() {
    ChannelGraph graph = ChannelGraph.of(Topologies.build("lenet5", 1));
    assertThat(graph.kept()).containsExactly("logits: its channels are those of output 'logits'");
    assertThat(graph.products()).hasSize(5);
    assertThat(graph.groups()).hasSize(4);
  }

  @Test
  void residualBlocksShareTheirChannels() {
    ChannelGraph graph = ChannelGraph.of(Topologies.build("resnet18", 1));
    List<String> names = graph.groups().stream().map(ChannelGroup::name).toList();
    assertThat(names)
        .contains("conv1 + layer1.0.conv2 + layer1.1.conv2", "layer1.0.conv1", "layer4.1.conv1")
        .hasSize(12);
    assertThat(graph.groups().getFirst().channels()).hasSize(64);
  }

  @Test
  void quantizedModelsAreRefused() {
    Network quantized =
        Quantizer.apply(
                Quantizer.plan(RandomNets.of(1), QuantizeOptions.standard().withActivations(null)),
                Map.of())
            .network();
    assertThatThrownBy(() -> ChannelGraph.of(quantized))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("quantize it");
  }
}
