package dev.lathe.compress.recover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.quant.QuantParams;
import dev.lathe.quant.Range;
import dev.lathe.quant.Scheme;
import dev.lathe.quant.TensorQuantizer;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Methods that move ranges between layers and leave what a network computes alone. */
class RescalingTest {

  /** A weight whose index along an axis has magnitudes over three decades. */
  private static Tensor uneven(long seed, int axis, long... dims) {
    Random random = new Random(seed);
    int inner = 1;
    for (int i = axis + 1; i < dims.length; i++) {
      inner *= (int) dims[i];
    }
    int elements = inner;
    for (int i = 0; i <= axis; i++) {
      elements *= (int) dims[i];
    }
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) {
      int channel = (int) (i / inner % dims[axis]);
      values[i] = (float) (random.nextGaussian() * Math.pow(10, channel % 4 - 2));
    }
    return Tensor.of(values, dims);
  }

  /** Exponents of scales that one layer undoes and the next one does. */
  private static int[] exponents(int channels, int sign) {
    return IntStream.range(0, channels).map(i -> sign * (i % 4 * 3 - 5)).toArray();
  }

  private static Tensor random(String name, long... dims) {
    return constant(new RandomNet(name.hashCode()).weights(name, dims).build("x", 1), name);
  }

  /** Two convolutions, a depthwise one between them, pooling and two dense layers. */
  private static Network convolutions() {
    WeightView a = WeightView.conv(Shape.of(8, 3, 3, 3), 1);
    WeightView d = WeightView.conv(Shape.of(8, 1, 3, 3), 8);
    WeightView b = WeightView.conv(Shape.of(6, 8, 1, 1), 1);
    WeightView g = WeightView.columns(Shape.of(24, 5));
    return new RandomNet(5)
        .constant("a", Channels.scaledOutputs(random("a", 8, 3, 3, 3), a, exponents(8, 1)))
        .constant("ab", Channels.scaled(random("ab", 8), exponents(8, 1)))
        .node("Conv", "x a ab", "c1", Map.of())
        .node("Relu", "c1", "r1", Map.of())
        .constant("d", Channels.scaledInputs(random("d", 8, 1, 3, 3), d, exponents(8, -1)))
        .weights("db", 8)
        .node("Conv", "r1 d db", "c2", Map.of("group", new Attribute.Int(8)))
        .node("Relu", "c2", "r2", Map.of())
        .constant("b", Channels.scaledOutputs(random("b", 6, 8, 1, 1), b, exponents(6, 1)))
        .node("Conv", "r2 b", "c3", Map.of())
        .node(
            "MaxPool",
            "c3",
            "p",
            Map.of(
                "kernel_shape", new Attribute.Ints(List.of(2L, 2L)),
                "strides", new Attribute.Ints(List.of(2L, 2L))))
        .node("Flatten", "p", "f", Map.of())
        .constant("g", Channels.scaledInputs(random("g", 24, 5), g, exponents(6, -1)))
        .weights("gb", 5)
        .node("Gemm", "f g gb", "h", Map.of())
        .node("Relu", "h", "r3", Map.of())
        .weights("e", 4, 5)
        .node("Gemm", "r3 e", "y", Map.of("transB", new Attribute.Int(1)))
        .build("x", 3, 8, 8);
  }

  private static Network transformer(boolean whole) {
    RandomNet net =
        new RandomNet(6)
            .constant("gamma", uneven(3, 0, 8))
            .constant("beta", Tensor.of(new float[8], 8));
    if (whole) {
      net.node("LayerNormalization", "x gamma beta", "n", Map.of());
    } else {
      net.node("Tanh", "x", "t", Map.of())
          .node("Mul", "t gamma", "m", Map.of())
          .node("Add", "m beta", "n", Map.of());
    }
    return net.weights("q", 8, 6)
        .node("MatMul", "n q", "a", Map.of())
        .weights("v", 8, 6)
        .node("MatMul", "n v", "b", Map.of())
        .node("Add", "a b", "y", Map.of())
        .build("x", 5, 8);
  }

  private static void requireSameBits(Network before, Network after) {
    ListSamples samples = ListSamples.random(before, 3, 4, 11);
    RunOptions plain = RunOptions.standard().withThreads(1);
    try (NetworkRunner first = new NetworkRunner(before, plain);
        NetworkRunner second = new NetworkRunner(after, plain)) {
      for (Tensor input : samples.inputs()) {
        assertThat(second.run(List.of(input)).getFirst().toFloats())
            .isEqualTo(first.run(List.of(input)).getFirst().toFloats());
      }
    }
  }

  private static Tensor constant(Network network, String name) {
    return Objects.requireNonNull(network.graph().constants().get(name));
  }

  private static double spread(Tensor tensor, int axis) {
    List<Range> ranges = TensorQuantizer.ranges(tensor, axis);
    double most = ranges.stream().mapToDouble(Range::maxAbs).max().orElseThrow();
    double least = ranges.stream().mapToDouble(Range::maxAbs).min().orElseThrow();
    return most / least;
  }

  @Test
  void equalizedNetworksComputeTheSameBits() {
    Network before = convolutions();

    Equalization.Result result = Equalization.run(before);

    assertThat(result.pairs()).contains("n_c1 -> n_c2", "n_c3 -> n_h");
    requireSameBits(before, result.network());
    assertThat(spread(constant(before, "a"), 0)).isGreaterThan(100);
    assertThat(spread(constant(result.network(), "a"), 0)).isLessThan(30);
  }

  @Test
  void equalizedWeightsOfOneScaleLoseLess() {
    Network before = convolutions();
    ListSamples samples = ListSamples.random(before, 2, 8, 4);

    double plain = error(before, rounded(before), samples);

    Network equalized = Equalization.run(before).network();
    assertThat(error(before, rounded(equalized), samples)).isLessThan(plain / 4);
  }

  /** The products' weights at 6 bits, one scale each. */
  private static Network rounded(Network network) {
    Map<String, Tensor> constants = new HashMap<>(network.graph().constants());
    for (String name : List.of("a", "d", "b", "g", "e")) {
      Tensor weight = constant(network, name);
      QuantParams params =
          QuantParams.choose(
              Scheme.SYMMETRIC, Scheme.SYMMETRIC.levels(6), TensorQuantizer.range(weight));
      Tensor levels = TensorQuantizer.quantize(weight, params);
      constants.put(name, TensorQuantizer.dequantize(levels, params));
    }
    return network.withGraph(network.graph().withConstants(constants));
  }

  /** Squares of the differences of the outputs, against those of the outputs. */
  private static double error(Network expected, Network actual, ListSamples samples) {
    double error = 0;
    double signal = 0;
    try (NetworkRunner first = new NetworkRunner(expected, RunOptions.standard());
        NetworkRunner second = new NetworkRunner(actual, RunOptions.standard())) {
      for (Tensor input : samples.inputs()) {
        float[] a = first.run(List.of(input)).getFirst().toFloats();
        float[] b = second.run(List.of(input)).getFirst().toFloats();
        for (int i = 0; i < a.length; i++) {
          error += (a[i] - b[i]) * (double) (a[i] - b[i]);
          signal += a[i] * (double) a[i];
        }
      }
    }
    return error / signal;
  }

  @Test
  void whatIsEqualStays() {
    Network once = Equalization.run(convolutions()).network();

    Equalization.Result again = Equalization.run(once);

    assertThat(again.pairs()).isEmpty();
    assertThat(again.network()).isSameAs(once);
  }

  @Test
  void channelsThatAreReadElsewhereOrBoundedStay() {
    Network read =
        new RandomNet(7)
            .constant("a", uneven(1, 0, 4, 3, 1, 1))
            .node("Conv", "x a", "c", Map.of())
            .weights("b", 4, 4, 1, 1)
            .node("Conv", "c b", "d", Map.of())
            .node("Add", "c d", "y", Map.of())
            .build("x", 3, 4, 4);
    Network bounded =
        new RandomNet(7)
            .constant("a", uneven(1, 0, 4, 3, 1, 1))
            .node("Conv", "x a", "c", Map.of())
            .constant("low", Tensor.scalar(0))
            .constant("high", Tensor.scalar(6))
            .node("Clip", "c low high", "r", Map.of())
            .weights("b", 4, 4, 1, 1)
            .node("Conv", "r b", "y", Map.of())
            .build("x", 3, 4, 4);

    assertThat(Equalization.run(read).pairs()).isEmpty();
    assertThat(Equalization.run(bounded).network()).isSameAs(bounded);
  }

  @Test
  void channelsOfZerosDoNotMatter() {
    Network network =
        new RandomNet(9)
            .constant("a", Tensor.of(new float[] {0, 0, 1, 2, 0.01f, 0.02f}, 3, 2, 1, 1))
            .node("Conv", "x a", "c", Map.of())
            .constant("b", Tensor.of(new float[] {1, 0, 100}, 1, 3, 1, 1))
            .node("Conv", "c b", "y", Map.of())
            .build("x", 2, 2, 2);

    Network result = Equalization.run(network).network();

    requireSameBits(network, result);
    // sqrt(0.02 / 100) is next to 2^-6: the example of docs/methods.md.
    assertThat(constant(result, "a").toFloats()).containsExactly(0, 0, 1, 2, 0.64f, 1.28f);
    assertThat(constant(result, "b").toFloats()).containsExactly(1, 0, 1.5625f);
  }

  @Test
  void smoothedNetworksComputeTheSameBits() {
    for (boolean whole : List.of(true, false)) {
      Network before = transformer(whole);
      ListSamples samples = ListSamples.random(before, 3, 4, 2);

      SmoothQuant.Result result = SmoothQuant.run(before, CompressionContext.of(samples));

      assertThat(result.values()).containsExactly("n");
      requireSameBits(before, result.network());
      assertThat(spread(constant(result.network(), "gamma"), 0))
          .isLessThan(spread(constant(before, "gamma"), 0) / 8);
    }
  }

  @Test
  void aNormalizationThatSomethingElseReadsStays() {
    Network network = transformer(true);
    Graph graph = network.graph();
    List<dev.lathe.graph.ValueInfo> outputs = new java.util.ArrayList<>(graph.outputs());
    outputs.add(new dev.lathe.graph.ValueInfo("n", dev.lathe.tensor.DType.FLOAT32, null, null));
    Network exposed =
        network.withGraph(
            new Graph(
                "g", graph.inputs(), outputs, graph.constants(), graph.nodes(), Map.of(), null));

    assertThat(
            SmoothQuant.run(exposed, CompressionContext.of(ListSamples.random(network, 1, 1, 1)))
                .values())
        .isEmpty();
    assertThatThrownBy(() -> SmoothQuant.run(network, CompressionContext.none()))
        .isInstanceOf(UsageException.class);
  }
}
