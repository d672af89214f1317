package dev.lathe.sample;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Writes a network layer by layer, with seeded random weights of the usual scale (He et al., 2015),
 * so that activations neither vanish nor explode. Every layer method takes and returns value names.
 */
final class NetworkBuilder {

  private static final long IR_VERSION = 8;
  private static final long OPSET = 13;

  private final SplittableRandom random;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> constants = new LinkedHashMap<>();
  private final Map<String, Integer> channels = new LinkedHashMap<>();

  NetworkBuilder(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** Declares the input value and its channels. */
  String input(String name, int inChannels) {
    channels.put(name, inChannels);
    return name;
  }

  int channels(String value) {
    return channels.getOrDefault(value, 0);
  }

  /** Convolution with bias, square kernel, symmetric padding. */
  String conv(String x, String name, int out, int kernel, int stride, int pad, int groups) {
    int in = channels(x) / groups;
    double deviation = Math.sqrt(2.0 / ((double) in * kernel * kernel));
    String w = constant(name + ".weight", normal(deviation, out, in, kernel, kernel));
    String b = constant(name + ".bias", normal(0.01, out));
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    attributes.put("dilations", ints(1, 1));
    attributes.put("group", new Attribute.Int(groups));
    attributes.put("kernel_shape", ints(kernel, kernel));
    attributes.put("pads", ints(pad, pad, pad, pad));
    attributes.put("strides", ints(stride, stride));
    return node("Conv", name, out, attributes, x, w, b);
  }

  String conv(String x, String name, int out, int kernel, int stride, int pad) {
    return conv(x, name, out, kernel, stride, pad, 1);
  }

  String relu(String x) {
    return node("Relu", x + "/relu", channels(x), Map.of(), x);
  }

  String relu6(String x) {
    constants.putIfAbsent("zero", Tensor.scalar(0));
    constants.putIfAbsent("six", Tensor.scalar(6));
    return node("Clip", x + "/relu6", channels(x), Map.of(), x, "zero", "six");
  }

  String add(String name, String a, String b) {
    return node("Add", name, Math.max(channels(a), channels(b)), Map.of(), a, b);
  }

  String concat(String name, String a, String b) {
    return node(
        "Concat", name, channels(a) + channels(b), Map.of("axis", new Attribute.Int(1)), a, b);
  }

  String maxPool(String x, String name, int kernel, int stride, int pad, boolean ceil) {
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    attributes.put("ceil_mode", new Attribute.Int(ceil ? 1 : 0));
    attributes.put("kernel_shape", ints(kernel, kernel));
    attributes.put("pads", ints(pad, pad, pad, pad));
    attributes.put("strides", ints(stride, stride));
    return node("MaxPool", name, channels(x), attributes, x);
  }

  String globalAveragePool(String x, String name) {
    return node("GlobalAveragePool", name, channels(x), Map.of(), x);
  }

  /** Flattens all but the batch axis into {@code features}. */
  String flatten(String x, String name, int features) {
    return node("Flatten", name, features, Map.of("axis", new Attribute.Int(1)), x);
  }

  /** Fully connected layer. */
  String gemm(String x, String name, int out) {
    int in = channels(x);
    String w = constant(name + ".weight", normal(Math.sqrt(1.0 / in), out, in));
    String b = constant(name + ".bias", normal(0.01, out));
    return node("Gemm", name, out, Map.of("transB", new Attribute.Int(1)), x, w, b);
  }

  /** Linear layer over the last axis, as transformers export it: MatMul and Add. */
  String linear(String x, String name, int out) {
    int in = channels(x);
    String w = constant(name + ".weight", normal(Math.sqrt(1.0 / in), in, out));
    String b = constant(name + ".bias", normal(0.01, out));
    String product = node("MatMul", name + "/matmul", out, Map.of(), x, w);
    return node("Add", name, out, Map.of(), product, b);
  }

  /** Any other node with one output. */
  String node(
      String op,
      String name,
      int outChannels,
      Map<String, Attribute> attributes,
      String... inputs) {
    nodes.add(Node.of(name, "", op, Arrays.asList(inputs), List.of(name), attributes));
    channels.put(name, outChannels);
    return name;
  }

  String constant(String name, Tensor value) {
    constants.put(name, value);
    return name;
  }

  /** A tensor of normally distributed values. */
  Tensor normal(double deviation, int... dims) {
    int count = Arrays.stream(dims).reduce(1, Math::multiplyExact);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return Tensor.of(values, Arrays.stream(dims).asLongStream().toArray());
  }

  static Attribute ints(long... values) {
    return new Attribute.Ints(Arrays.stream(values).boxed().toList());
  }

  /** Finishes the network. */
  Network build(String name, List<ValueInfo> inputs, List<ValueInfo> outputs) {
    Graph graph = new Graph(name, inputs, outputs, constants, nodes, Map.of(), null);
    Map<String, String> metadata =
        Map.of("lathe.sample", name, "lathe.weights", "random, seeded, untrained");
    return new Network(IR_VERSION, Map.of("", OPSET), graph, "lathe", metadata, null);
  }

  /** A float value with an open batch dimension. */
  static ValueInfo batched(String name, long... dims) {
    List<Dim> all = new ArrayList<>();
    all.add(new Dim.Symbol("batch"));
    Arrays.stream(dims).forEach(dim -> all.add(new Dim.Fixed(dim)));
    return new ValueInfo(name, DType.FLOAT32, all, null);
  }
}
