package dev.lathe.compress.surgery;

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
import java.util.Random;

/** Small convolutional networks of random layers that couple channels in every way there is. */
public final class RandomNets {

  private static final long OPSET = 13;

  private final Random random;
  private final Map<String, Tensor> constants = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();

  /** A value of 8 x 8 pixels. */
  private record Image(String name, int channels) {}

  private RandomNets(long seed) {
    random = new Random(seed);
  }

  /** A network with 3 x 8 x 8 images in and 5 classes out. */
  public static Network of(long seed) {
    return new RandomNets(seed).build();
  }

  private Network build() {
    Image x = conv(new Image("x", 3), 12, 3, 1);
    for (int layer = 0; layer < 6; layer++) {
      x = layer(x, random.nextInt(13));
    }
    String y;
    if (random.nextBoolean()) {
      String flat =
          random.nextBoolean()
              ? node("Flatten", Map.of(), x.name)
              : node("Reshape", Map.of(), x.name, longs(-1, x.channels * 64L));
      y = gemm(flat, x.channels * 64, 9);
    } else {
      String mean =
          random.nextBoolean()
              ? node("GlobalAveragePool", Map.of(), x.name)
              : node("ReduceMean", ints("axes", 2, 3), x.name);
      y = gemm(node("Flatten", Map.of(), mean), x.channels, 9);
    }
    String last = node("MatMul", Map.of(), node("Relu", Map.of(), y), weights(9, 5));
    ValueInfo in =
        new ValueInfo(
            "x",
            DType.FLOAT32,
            List.of(new Dim.Symbol("batch"), new Dim.Fixed(3), new Dim.Fixed(8), new Dim.Fixed(8)),
            null);
    ValueInfo out =
        new ValueInfo(
            last, DType.FLOAT32, List.of(new Dim.Symbol("batch"), new Dim.Fixed(5)), null);
    Graph graph = new Graph("g", List.of(in), List.of(out), constants, nodes, Map.of(), null);
    return new Network(8, Map.of("", OPSET), graph, "test", Map.of(), null);
  }

  private Image layer(Image x, int kind) {
    return switch (kind) {
      case 0 -> conv(x, 4 * (1 + random.nextInt(4)), 3, 1);
      case 1 -> conv(x, x.channels, 3, x.channels);
      case 2 -> conv(x, 2 * x.channels, 3, x.channels / 4);
      case 3 ->
          new Image(node("Add", Map.of(), x.name, conv(x, x.channels, 3, 1).name), x.channels);
      case 4 -> {
        Image other = conv(x, 8, 1, 1);
        yield new Image(
            node("Concat", ints1("axis", 1), x.name, other.name), x.channels + other.channels);
      }
      case 5 -> batchNorm(x);
      case 6 -> {
        String slope = constant(values(x.channels, 1, 1));
        yield new Image(node("PRelu", Map.of(), x.name, slope), x.channels);
      }
      case 7 -> gate(x);
      case 8 -> split(x);
      case 9 -> shuffle(x);
      case 10 -> {
        String padded = node("Pad", Map.of(), x.name, longs(0, 2, 1, 1, 0, 2, 0, 0));
        String cut =
            node(
                "Slice",
                Map.of(),
                padded,
                longs(1, 1, 1),
                longs(Long.MAX_VALUE, 9, Long.MAX_VALUE),
                longs(1, 2, 3));
        yield new Image(cut, x.channels + 3);
      }
      case 11 -> {
        String small = node("MaxPool", pool(), x.name);
        yield new Image(
            node("Resize", Map.of(), small, "", "", longs(1, x.channels, 8, 8)), x.channels);
      }
      default -> {
        Image half = conv(x, 16, 1, 1);
        String deep = node("SpaceToDepth", ints1("blocksize", 2), half.name);
        yield new Image(node("DepthToSpace", ints1("blocksize", 2), deep), 16);
      }
    };
  }

  private Image conv(Image x, int out, int kernel, int groups) {
    Map<String, Attribute> attributes = new LinkedHashMap<>(ints1("group", groups));
    int pad = kernel / 2;
    attributes.putAll(ints("pads", pad, pad, pad, pad));
    String w = weights(out, x.channels / groups, kernel, kernel);
    String y = node("Conv", attributes, x.name, w, constant(values(out)));
    return new Image(random.nextBoolean() ? node("Relu", Map.of(), y) : y, out);
  }

  private Image batchNorm(Image x) {
    Tensor variance = values(x.channels);
    for (int i = 0; i < x.channels; i++) {
      variance.data().set(Tensor.F32, i * 4L, 0.5f + Math.abs(variance.f32(i)));
    }
    return new Image(
        node(
            "BatchNormalization",
            Map.of(),
            x.name,
            constant(values(x.channels)),
            constant(values(x.channels)),
            constant(values(x.channels)),
            constant(variance)),
        x.channels);
  }

  /** Squeeze and excitation. */
  private Image gate(Image x) {
    Image mean = new Image(node("GlobalAveragePool", Map.of(), x.name), x.channels);
    Image weights = conv(conv(mean, 4, 1, 1), x.channels, 1, 1);
    String gate = node("Sigmoid", Map.of(), weights.name);
    return new Image(node("Mul", Map.of(), x.name, gate), x.channels);
  }

  private Image split(Image x) {
    String a = "v" + nodes.size() + "a";
    String b = "v" + nodes.size() + "b";
    nodes.add(
        Node.of(
            a,
            "",
            "Split",
            List.of(x.name, longs(x.channels / 4, x.channels - x.channels / 4)),
            List.of(a, b),
            ints1("axis", 1)));
    Image right = conv(new Image(b, x.channels - x.channels / 4), 8, 1, 1);
    return new Image(
        node("Concat", ints1("axis", -3), right.name, a), right.channels + x.channels / 4);
  }

  private Image shuffle(Image x) {
    int groups = x.channels % 4 == 0 ? 4 : 1;
    String five = node("Reshape", Map.of(), x.name, longs(0, groups, x.channels / groups, 8, 8));
    String swapped = node("Transpose", ints("perm", 0, 2, 1, 3, 4), five);
    return new Image(node("Reshape", Map.of(), swapped, longs(0, x.channels, 8, 8)), x.channels);
  }

  private String gemm(String x, int in, int out) {
    return node("Gemm", ints1("transB", 1), x, weights(out, in), constant(values(out)));
  }

  private String node(String op, Map<String, Attribute> attributes, String... inputs) {
    String name = "v" + nodes.size();
    nodes.add(Node.of(name, "", op, Arrays.asList(inputs), List.of(name), attributes));
    return name;
  }

  private String constant(Tensor tensor) {
    String name = "k" + constants.size();
    constants.put(name, tensor);
    return name;
  }

  private String longs(long... values) {
    return constant(Tensor.of(values, values.length));
  }

  private String weights(int... dims) {
    return constant(values(dims));
  }

  private Tensor values(int... dims) {
    float[] values = new float[Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() * 0.3f;
    }
    return Tensor.of(values, Arrays.stream(dims).asLongStream().toArray());
  }

  private static Map<String, Attribute> ints(String key, long... values) {
    return Map.of(key, new Attribute.Ints(Arrays.stream(values).boxed().toList()));
  }

  private static Map<String, Attribute> ints1(String key, long value) {
    return Map.of(key, new Attribute.Int(value));
  }

  private static Map<String, Attribute> pool() {
    Map<String, Attribute> attributes = new LinkedHashMap<>(ints("kernel_shape", 2, 2));
    attributes.putAll(ints("strides", 2, 2));
    return attributes;
  }
}
