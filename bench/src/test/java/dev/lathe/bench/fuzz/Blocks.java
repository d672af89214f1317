package dev.lathe.bench.fuzz;

import static dev.lathe.bench.fuzz.Grower.attribute;

import dev.lathe.bench.fuzz.Grower.Value;
import dev.lathe.graph.Attribute;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Patterns that exporters write and passes look for, with variations. */
final class Blocks {

  static final List<Moves.Move> ALL =
      List.of(
          Blocks::residual,
          Blocks::bottleneck,
          Blocks::squeezeExcite,
          Blocks::decomposedLayerNorm,
          Blocks::decomposedGelu,
          Blocks::attention,
          Blocks::recurrent,
          Blocks::dynamicallyQuantizedProduct,
          Blocks::quantizedResidual,
          Blocks::integerProduct);

  private Blocks() {}

  private static boolean isMap(Value value) {
    return value.rank() == 4 && value.elements() <= 6_000;
  }

  private static String scalar(Grower g, float value) {
    return g.constant(Tensor.scalar(value));
  }

  private static String conv(Grower g, String x, long in, long out, int kernel, long groups) {
    long border = kernel / 2;
    String y =
        g.raw(
            "Conv",
            Map.of(
                "pads",
                attribute(new long[] {border, border, border, border}),
                "group",
                attribute(groups)),
            x,
            g.fanIn(in / groups * kernel * kernel, out, in / groups, kernel, kernel));
    if (g.chance(0.6)) {
      y =
          g.raw(
              "BatchNormalization",
              Map.of(),
              y,
              g.positive(out),
              g.weights(0.3, out),
              g.weights(0.3, out),
              g.positive(out));
    }
    return y;
  }

  private static String activated(Grower g, String x) {
    return switch (g.between(0, 4)) {
      case 0 -> x;
      case 1 -> g.raw("Clip", Map.of(), x, scalar(g, 0), scalar(g, 1.5f));
      case 2 -> g.raw("HardSwish", Map.of(), x);
      case 3 -> g.raw("Mul", Map.of(), x, g.raw("Sigmoid", Map.of(), x));
      default -> g.raw("Relu", Map.of(), x);
    };
  }

  private static void residual(Grower g) {
    Value x = g.pick(Blocks::isMap);
    if (x != null) {
      long channels = x.shape()[1];
      String y = activated(g, conv(g, x.name(), channels, channels, 3, 1));
      y = conv(g, y, channels, channels, g.oneOf(1, 3), 1);
      Value sum = g.add("Add", x.shape(), Map.of(), g.chance(0.5) ? y : x.name(), y);
      g.add("Relu", x.shape(), Map.of(), sum.name());
    }
  }

  private static void bottleneck(Grower g) {
    Value x = g.pick(Blocks::isMap);
    if (x != null) {
      long channels = x.shape()[1];
      long wide = 2 * channels;
      String y = activated(g, conv(g, x.name(), channels, wide, 1, 1));
      y = activated(g, conv(g, y, wide, wide, g.oneOf(3, 5), wide));
      y = conv(g, y, wide, channels, 1, 1);
      g.add("Add", x.shape(), Map.of(), y, x.name());
    }
  }

  private static void squeezeExcite(Grower g) {
    Value x = g.pick(Blocks::isMap);
    if (x != null) {
      long channels = x.shape()[1];
      String y = g.raw("GlobalAveragePool", Map.of(), x.name());
      y = g.raw("Relu", Map.of(), conv(g, y, channels, 4, 1, 1));
      y = g.raw("HardSigmoid", Map.of(), conv(g, y, 4, channels, 1, 1));
      g.add("Mul", x.shape(), Map.of(), x.name(), y);
    }
  }

  private static void decomposedLayerNorm(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2 && value.shape()[value.rank() - 1] >= 4);
    if (x == null) {
      return;
    }
    long width = x.shape()[x.rank() - 1];
    Map<String, Attribute> last = Map.of("axes", attribute(new long[] {-1}));
    String centred = g.raw("Sub", Map.of(), x.name(), g.raw("ReduceMean", last, x.name()));
    String square =
        g.chance(0.5)
            ? g.raw("Pow", Map.of(), centred, scalar(g, 2))
            : g.raw("Mul", Map.of(), centred, centred);
    String variance = g.raw("ReduceMean", last, square);
    String root = g.raw("Sqrt", Map.of(), g.raw("Add", Map.of(), variance, scalar(g, 1e-2f)));
    String normal = g.raw("Div", Map.of(), centred, root);
    String scaled = g.raw("Mul", Map.of(), normal, g.weights(1, width));
    g.add("Add", x.shape(), Map.of(), scaled, g.weights(1, width));
  }

  private static void decomposedGelu(Grower g) {
    Value x = g.pick(value -> true);
    String erf =
        g.raw("Erf", Map.of(), g.raw("Div", Map.of(), x.name(), scalar(g, (float) Math.sqrt(2))));
    String gate = g.raw("Add", Map.of(), erf, scalar(g, 1));
    if (g.chance(0.5)) {
      String half = g.raw("Mul", Map.of(), x.name(), scalar(g, 0.5f));
      g.add("Mul", x.shape(), Map.of(), half, gate);
    } else {
      String product = g.raw("Mul", Map.of(), x.name(), gate);
      g.add("Mul", x.shape(), Map.of(), product, scalar(g, 0.5f));
    }
  }

  private static String heads(Grower g, String x, long batch, long rows, int heads, long size) {
    String shaped = g.raw("Reshape", Map.of(), x, g.longs(batch, rows, heads, size));
    return g.raw("Transpose", Map.of("perm", attribute(new long[] {0, 2, 1, 3})), shaped);
  }

  private static void attention(Grower g) {
    Value x = g.pick(value -> value.rank() == 3 && value.elements() <= 6_000);
    if (x == null) {
      return;
    }
    long batch = x.shape()[0];
    long rows = x.shape()[1];
    long in = x.shape()[2];
    int heads = g.between(1, 3);
    long size = g.oneOf(4, 8, 10);
    long width = heads * size;
    List<String> projected = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      String product = g.raw("MatMul", Map.of(), x.name(), g.fanIn(in, in, width));
      projected.add(g.raw("Add", Map.of(), product, g.weights(0.3, width)));
    }
    String query = heads(g, projected.get(0), batch, rows, heads, size);
    String key = heads(g, projected.get(1), batch, rows, heads, size);
    String value = heads(g, projected.get(2), batch, rows, heads, size);
    String turned = g.raw("Transpose", Map.of("perm", attribute(new long[] {0, 1, 3, 2})), key);
    String scores = g.raw("MatMul", Map.of(), query, turned);
    scores =
        g.chance(0.5)
            ? g.raw("Div", Map.of(), scores, scalar(g, (float) Math.sqrt((double) size)))
            : g.raw("Mul", Map.of(), scores, scalar(g, (float) (1 / Math.sqrt((double) size))));
    if (g.chance(0.5)) {
      scores = g.raw("Add", Map.of(), scores, g.weights(2, batch, 1, 1, rows));
    }
    String weights = g.raw("Softmax", Map.of("axis", attribute(-1)), scores);
    String mixed = g.raw("MatMul", Map.of(), weights, value);
    String together = g.raw("Transpose", Map.of("perm", attribute(new long[] {0, 2, 1, 3})), mixed);
    g.add(
        "Reshape",
        new long[] {batch, rows, width},
        Map.of(),
        together,
        g.longs(batch, rows, width));
  }

  private static void recurrent(Grower g) {
    Value x = g.pick(value -> value.rank() == 3 && value.elements() <= 3_000);
    if (x == null) {
      return;
    }
    String op = g.oneOf("RNN", "GRU", "LSTM");
    int gates = op.equals("RNN") ? 1 : op.equals("GRU") ? 3 : 4;
    long hidden = g.between(1, 12);
    String direction = g.oneOf("forward", "reverse", "bidirectional");
    int directions = direction.equals("bidirectional") ? 2 : 1;
    long[] s = x.shape();
    Map<String, Attribute> attributes =
        op.equals("GRU")
            ? Map.of(
                "hidden_size", attribute(hidden),
                "direction", attribute(direction),
                "linear_before_reset", attribute(g.between(0, 1)))
            : Map.of("hidden_size", attribute(hidden), "direction", attribute(direction));
    g.add(
        op,
        new long[] {s[0], directions, s[1], hidden},
        attributes,
        x.name(),
        g.fanIn(s[2], directions, gates * hidden, s[2]),
        g.fanIn(hidden, directions, gates * hidden, hidden),
        g.weights(0.3, directions, 2L * gates * hidden));
  }

  /** Of inputs only: elsewhere a last bit may decide on a step. */
  private static void dynamicallyQuantizedProduct(Grower g) {
    Value x = g.pick(value -> value.name().startsWith("x") && value.rank() >= 2);
    if (x == null) {
      return;
    }
    long k = x.shape()[x.rank() - 1];
    long n = g.between(1, 40);
    List<String> quantized = List.of(g.fresh(), g.fresh(), g.fresh());
    g.raw("DynamicQuantizeLinear", Map.of(), List.of(x.name()), quantized);
    boolean unsigned = g.chance(0.5);
    byte[] weights = unsigned ? g.bytes(k * n) : g.sevenBits(k * n);
    DType type = unsigned ? DType.UINT8 : DType.INT8;
    String product =
        g.raw(
            "MatMulInteger",
            Map.of(),
            quantized.get(0),
            g.constant(Tensor.of(type, weights, k, n)),
            quantized.get(2),
            g.constant(Tensor.of(type, new byte[] {(byte) (unsigned ? 113 : 0)})));
    String real = g.raw("Cast", Map.of("to", attribute(1)), product);
    String scale = g.raw("Mul", Map.of(), quantized.get(1), scalar(g, 0.003f));
    long[] shape = x.shape().clone();
    shape[x.rank() - 1] = n;
    Value y = g.add("Mul", shape, Map.of(), real, scale);
    if (g.chance(0.5)) {
      g.add("Add", shape, Map.of(), y.name(), g.weights(1, n));
    }
  }

  /**
   * Exact sums, powers of two as scales and even zero points, so that both sides round alike: ONNX
   * Runtime adds the zero point before it rounds a tie to even.
   */
  private static void quantizedResidual(Grower g) {
    Value x = g.pick(value -> value.name().startsWith("x") && Blocks.isMap(value));
    if (x == null) {
      return;
    }
    long channels = x.shape()[1];
    String scale = scalar(g, 0.0625f);
    boolean unsigned = g.chance(0.5);
    String zero =
        g.constant(
            Tensor.of(
                unsigned ? DType.UINT8 : DType.INT8, new byte[] {(byte) (unsigned ? 118 : 4)}));
    String q =
        g.raw(
            "DequantizeLinear",
            Map.of(),
            g.raw("QuantizeLinear", Map.of(), x.name(), scale, zero),
            scale,
            zero);
    byte[] weights = new byte[(int) (channels * channels)];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (byte) g.between(-9, 9);
    }
    String w =
        g.raw(
            "DequantizeLinear",
            Map.of(),
            g.constant(Tensor.of(DType.INT8, weights, channels, channels, 1, 1)),
            scalar(g, 0.03125f),
            g.constant(Tensor.of(DType.INT8, new byte[1])));
    String y = g.raw("Conv", Map.of(), q, w);
    if (g.chance(0.5)) {
      y = g.raw("Relu", Map.of(), y);
    }
    String wide = scalar(g, 0.25f);
    y =
        g.raw(
            "DequantizeLinear",
            Map.of(),
            g.raw("QuantizeLinear", Map.of(), y, wide, zero),
            wide,
            zero);
    Value sum = g.add("Add", x.shape(), Map.of(), y, q);
    String out = g.raw("QuantizeLinear", Map.of(), sum.name(), wide, zero);
    g.add("DequantizeLinear", x.shape(), Map.of(), out, wide, zero);
  }

  private static void integerProduct(Grower g) {
    Value x = g.pick(value -> value.name().startsWith("x") && value.rank() >= 2);
    if (x == null) {
      return;
    }
    long k = x.shape()[x.rank() - 1];
    long n = g.between(1, 40);
    String scale = scalar(g, 0.0313f);
    String zero = g.constant(Tensor.of(DType.UINT8, new byte[] {(byte) 130}));
    String q = g.raw("QuantizeLinear", Map.of(), x.name(), scale, zero);
    byte[] weights = g.sevenBits(k * n);
    String product =
        g.raw("MatMulInteger", Map.of(), q, g.constant(Tensor.of(DType.INT8, weights, k, n)), zero);
    long[] shape = x.shape().clone();
    shape[x.rank() - 1] = n;
    String real = g.raw("Cast", Map.of("to", attribute(1)), product);
    g.add("Mul", shape, Map.of(), real, scalar(g, 1e-3f));
  }
}
