package dev.lathe.bench.fuzz;

import static dev.lathe.bench.fuzz.Grower.attribute;

import dev.lathe.bench.fuzz.Grower.Value;
import dev.lathe.graph.Attribute;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Ways a random graph grows by one operator; a move that finds no fitting value does nothing. */
final class Moves {

  /** One way. */
  interface Move {
    void grow(Grower graph);
  }

  static final List<Move> ALL =
      List.of(
          Moves::unary,
          Moves::unary,
          Moves::binary,
          Moves::binary,
          Moves::choose,
          Moves::conv,
          Moves::conv,
          Moves::convTranspose,
          Moves::pool,
          Moves::globalPool,
          Moves::batchNorm,
          Moves::instanceNorm,
          Moves::layerNorm,
          Moves::gemm,
          Moves::matMul,
          Moves::matMulOfValues,
          Moves::transpose,
          Moves::flatten,
          Moves::reshape,
          Moves::concat,
          Moves::split,
          Moves::slice,
          Moves::pad,
          Moves::reduce,
          Moves::softmax,
          Moves::gather,
          Moves::resize,
          Moves::expand,
          Moves::depthToSpace,
          Moves::squeeze,
          Moves::cast,
          Moves::cumSum,
          Moves::fakeQuantize,
          Moves::quantizedConv);

  private Moves() {}

  private static boolean small(Value value) {
    return value.elements() <= Grower.MAX_ELEMENTS / 2;
  }

  private static boolean isImage(Value value) {
    return value.rank() == 4 && value.shape()[2] >= 2 && value.shape()[3] >= 2;
  }

  private static long[] with(long[] shape, int axis, long size) {
    long[] changed = shape.clone();
    changed[axis] = size;
    return changed;
  }

  private static void unary(Grower g) {
    Value x = g.pick(value -> true);
    String op =
        g.oneOf(
            "Relu",
            "Sigmoid",
            "Tanh",
            "Erf",
            "LeakyRelu",
            "Elu",
            "HardSwish",
            "HardSigmoid",
            "Abs",
            "Neg",
            "Softplus",
            "Softsign",
            "Sin",
            "Cos",
            "Selu",
            "Celu",
            "Clip",
            "Atan",
            "Exp",
            "Sqrt",
            "Reciprocal",
            "Log",
            "ThresholdedRelu");
    switch (op) {
      case "Clip" ->
          g.add(
              op,
              x.shape(),
              Map.of(),
              x.name(),
              g.constant(Tensor.scalar(-0.7f)),
              g.constant(Tensor.scalar(0.9f)));
      case "Exp" -> {
        String bounded = g.raw("Tanh", Map.of(), x.name());
        g.add(op, x.shape(), Map.of(), bounded);
      }
      case "Sqrt", "Reciprocal", "Log" -> {
        String magnitude = g.raw("Abs", Map.of(), x.name());
        String away = g.raw("Add", Map.of(), magnitude, g.constant(Tensor.scalar(0.5f)));
        g.add(op, x.shape(), Map.of(), away);
      }
      default -> g.add(op, x.shape(), Map.of(), x.name());
    }
  }

  private static void binary(Grower g) {
    Value x = g.pick(value -> true);
    Value other = g.pick(value -> Arrays.equals(value.shape(), x.shape()));
    String op = g.oneOf("Add", "Sub", "Mul", "Div", "Max", "Min", "Add", "PRelu");
    String rhs = other.name();
    if (op.equals("Div") || op.equals("PRelu") || g.chance(0.5)) {
      long[] shape = x.shape().clone();
      for (int axis = 0; axis < shape.length; axis++) {
        shape[axis] = g.chance(0.5) ? 1 : shape[axis];
      }
      int dropped = g.between(0, Math.max(0, shape.length - 1));
      rhs = g.positive(Arrays.copyOfRange(shape, dropped, shape.length));
    }
    boolean swapped = !op.equals("Div") && !op.equals("PRelu") && g.chance(0.5);
    g.add(op, x.shape(), Map.of(), swapped ? rhs : x.name(), swapped ? x.name() : rhs);
  }

  /** Compares inputs only: elsewhere a last bit may decide. */
  private static void choose(Grower g) {
    Value x = g.pick(value -> value.name().startsWith("x"));
    Value y = g.pick(value -> Arrays.equals(value.shape(), x.shape()));
    String condition =
        g.raw(g.oneOf("Less", "Greater"), Map.of(), x.name(), g.constant(Tensor.scalar(0.123f)));
    if (g.chance(0.3)) {
      condition = g.raw("Not", Map.of(), condition);
    }
    Value z = g.pick(value -> Arrays.equals(value.shape(), x.shape()));
    g.add("Where", x.shape(), Map.of(), condition, z.name(), y.name());
  }

  private static void conv(Grower g) {
    Value x = g.pick(value -> value.rank() >= 3 && value.rank() <= 4 && small(value));
    if (x == null) {
      return;
    }
    int axes = x.rank() - 2;
    long channels = x.shape()[1];
    long groups = g.chance(0.25) ? channels : g.chance(0.2) && channels % 2 == 0 ? 2 : 1;
    long out = groups * g.between(1, groups == 1 ? 24 : 2);
    Window window = Window.random(g, x, axes, true);
    if (window == null) {
      return;
    }
    long[] weights = new long[x.rank()];
    weights[0] = out;
    weights[1] = channels / groups;
    System.arraycopy(window.kernel(), 0, weights, 2, axes);
    long fan = new Value("", weights).elements() / out;
    List<String> operands = new ArrayList<>(List.of(x.name(), g.fanIn(fan, weights)));
    if (g.chance(0.7)) {
      operands.add(g.weights(0.5, out));
    }
    Map<String, Attribute> attributes = window.attributes(true);
    attributes.put("group", attribute(groups));
    g.add(
        "Conv", with(window.shape(x.shape()), 1, out), attributes, operands.toArray(String[]::new));
  }

  private static void convTranspose(Grower g) {
    Value x = g.pick(value -> value.rank() == 4 && value.elements() < 2_000);
    if (x == null) {
      return;
    }
    long channels = x.shape()[1];
    long out = g.between(1, 12);
    int kernel = g.between(1, 4);
    int stride = g.between(1, 3);
    int before = g.between(0, (kernel - 1) / 2);
    int extra = stride > 1 ? g.between(0, stride - 1) : 0;
    long height = (x.shape()[2] - 1) * stride + kernel - 2L * before + extra;
    long width = (x.shape()[3] - 1) * stride + kernel - 2L * before + extra;
    if (height < 1 || width < 1 || height * width * out * x.shape()[0] > Grower.MAX_ELEMENTS) {
      return;
    }
    g.add(
        "ConvTranspose",
        new long[] {x.shape()[0], out, height, width},
        Map.of(
            "kernel_shape", attribute(new long[] {kernel, kernel}),
            "strides", attribute(new long[] {stride, stride}),
            "pads", attribute(new long[] {before, before, before, before}),
            "output_padding", attribute(new long[] {extra, extra})),
        x.name(),
        g.fanIn(channels * kernel, channels, out, kernel, kernel),
        g.weights(0.5, out));
  }

  private static void pool(Grower g) {
    Value x = g.pick(value -> value.rank() >= 3 && value.rank() <= 4);
    if (x == null) {
      return;
    }
    boolean max = g.chance(0.5);
    Window window = Window.random(g, x, x.rank() - 2, max);
    if (window == null) {
      return;
    }
    Map<String, Attribute> attributes = window.attributes(max);
    if (!max) {
      attributes.put("count_include_pad", attribute(g.between(0, 1)));
    }
    g.add(max ? "MaxPool" : "AveragePool", window.shape(x.shape()), attributes, x.name());
  }

  private static void globalPool(Grower g) {
    Value x = g.pick(value -> value.rank() == 4);
    if (x != null) {
      g.add(
          g.oneOf("GlobalAveragePool", "GlobalMaxPool"),
          with(with(x.shape(), 2, 1), 3, 1),
          Map.of(),
          x.name());
    }
  }

  private static void batchNorm(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x != null) {
      long channels = x.shape()[1];
      g.add(
          "BatchNormalization",
          x.shape(),
          Map.of(),
          x.name(),
          g.weights(1, channels),
          g.weights(0.5, channels),
          g.weights(0.5, channels),
          g.positive(channels));
    }
  }

  private static void instanceNorm(Grower g) {
    Value x = g.pick(value -> isImage(value) && value.shape()[2] * value.shape()[3] >= 8);
    if (x != null) {
      long channels = x.shape()[1];
      g.add(
          "InstanceNormalization",
          x.shape(),
          Map.of("epsilon", attribute(0.01f)),
          x.name(),
          g.weights(1, channels),
          g.weights(1, channels));
    }
  }

  private static void layerNorm(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2 && value.shape()[value.rank() - 1] >= 4);
    if (x != null) {
      long width = x.shape()[x.rank() - 1];
      g.add(
          "LayerNormalization",
          x.shape(),
          Map.of("epsilon", attribute(0.01f)),
          x.name(),
          g.weights(1, width),
          g.weights(1, width));
    }
  }

  private static void gemm(Grower g) {
    Value x = g.pick(value -> value.rank() == 2);
    if (x == null) {
      return;
    }
    long k = x.shape()[1];
    long n = g.between(1, 40);
    boolean transposed = g.chance(0.5);
    g.add(
        "Gemm",
        new long[] {x.shape()[0], n},
        Map.of(
            "transB", attribute(transposed ? 1 : 0),
            "alpha", attribute(g.oneOf(1f, 0.5f)),
            "beta", attribute(g.oneOf(1f, 2f))),
        x.name(),
        transposed ? g.fanIn(k, n, k) : g.fanIn(k, k, n),
        g.chance(0.5) ? g.weights(1, n) : g.weights(1, x.shape()[0], n));
  }

  private static void matMul(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x == null) {
      return;
    }
    long k = x.shape()[x.rank() - 1];
    long n = g.between(1, 40);
    if (x.elements() / k * n > Grower.MAX_ELEMENTS) {
      return;
    }
    Value product =
        g.add("MatMul", with(x.shape(), x.rank() - 1, n), Map.of(), x.name(), g.fanIn(k, k, n));
    if (g.chance(0.5)) {
      g.add("Add", product.shape(), Map.of(), product.name(), g.weights(1, n));
    }
  }

  private static void matMulOfValues(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2 && small(value));
    if (x == null) {
      return;
    }
    int rank = x.rank();
    int[] order = IntStream.range(0, rank).toArray();
    order[rank - 1] = rank - 2;
    order[rank - 2] = rank - 1;
    String transposed =
        g.raw(
            "Transpose",
            Map.of("perm", attribute(Arrays.stream(order).asLongStream().toArray())),
            x.name());
    long m = x.shape()[rank - 2];
    String scaled =
        g.raw(
            "Mul",
            Map.of(),
            transposed,
            g.constant(Tensor.scalar((float) (1 / Math.sqrt((double) x.shape()[rank - 1])))));
    g.add("MatMul", with(x.shape(), rank - 1, m), Map.of(), x.name(), scaled);
  }

  private static void transpose(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x == null) {
      return;
    }
    List<Integer> order = new ArrayList<>(IntStream.range(0, x.rank()).boxed().toList());
    Collections.shuffle(order, g.random);
    long[] shape = order.stream().mapToLong(axis -> x.shape()[axis]).toArray();
    long[] perm = order.stream().mapToLong(axis -> axis).toArray();
    g.add("Transpose", shape, Map.of("perm", attribute(perm)), x.name());
  }

  private static void flatten(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x != null) {
      long rows = x.shape()[0];
      g.add("Flatten", new long[] {rows, x.elements() / rows}, Map.of(), x.name());
    }
  }

  private static void reshape(Grower g) {
    Value x = g.pick(value -> value.rank() >= 3);
    if (x == null) {
      return;
    }
    long rows = x.shape()[0] * x.shape()[1];
    long[] shape = {rows, x.elements() / rows};
    g.add("Reshape", shape, Map.of(), x.name(), g.longs(g.oneOf(rows, -1L), shape[1]));
  }

  private static void concat(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && small(value));
    if (x == null) {
      return;
    }
    Value y = g.pick(value -> Arrays.equals(value.shape(), x.shape()));
    int axis = g.between(0, x.rank() - 1);
    g.add(
        "Concat",
        with(x.shape(), axis, 2 * x.shape()[axis]),
        Map.of("axis", attribute(g.chance(0.5) ? axis : axis - x.rank())),
        x.name(),
        y.name());
  }

  private static void split(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && value.shape()[value.rank() - 1] >= 2);
    if (x == null) {
      return;
    }
    int axis = x.rank() - 1;
    long first = g.between(1, (int) x.shape()[axis] - 1);
    Value left = new Value(g.fresh(), with(x.shape(), axis, first));
    Value right = new Value(g.fresh(), with(x.shape(), axis, x.shape()[axis] - first));
    g.raw(
        "Split",
        Map.of("axis", attribute(axis)),
        List.of(x.name(), g.longs(first, x.shape()[axis] - first)),
        List.of(left.name(), right.name()));
    g.remember(left);
    g.remember(right);
  }

  private static void slice(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && value.shape()[0] >= 1);
    if (x == null) {
      return;
    }
    int axis = g.between(0, x.rank() - 1);
    int size = (int) x.shape()[axis];
    int from = g.between(0, size - 1);
    int to = g.between(from + 1, size);
    int step = g.between(1, 2);
    boolean backwards = g.chance(0.3);
    long count = ((long) to - from + step - 1) / step;
    g.add(
        "Slice",
        with(x.shape(), axis, count),
        Map.of(),
        x.name(),
        g.longs(backwards ? to - 1 : from),
        g.longs(backwards ? (from == 0 ? Long.MIN_VALUE + 1 : from - 1) : to),
        g.longs(axis),
        g.longs(backwards ? -step : step));
  }

  private static void pad(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2 && small(value));
    if (x == null) {
      return;
    }
    long[] pads = new long[2 * x.rank()];
    long[] shape = x.shape().clone();
    for (int axis = Math.max(0, x.rank() - 2); axis < x.rank(); axis++) {
      int most = (int) Math.min(2, shape[axis] - 1);
      pads[axis] = g.between(0, most);
      pads[axis + x.rank()] = g.between(0, most);
      shape[axis] += pads[axis] + pads[axis + x.rank()];
    }
    g.add(
        "Pad",
        shape,
        Map.of("mode", attribute(g.oneOf("constant", "reflect", "edge"))),
        x.name(),
        g.longs(pads));
  }

  private static void reduce(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x == null) {
      return;
    }
    int axis = g.between(0, x.rank() - 1);
    boolean keep = g.chance(0.6) || x.rank() == 2;
    long[] kept = with(x.shape(), axis, 1);
    long[] shape =
        keep
            ? kept
            : IntStream.range(0, x.rank())
                .filter(at -> at != axis)
                .mapToLong(at -> x.shape()[at])
                .toArray();
    g.add(
        g.oneOf("ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceL1"),
        shape,
        Map.of("axes", attribute(new long[] {axis}), "keepdims", attribute(keep ? 1 : 0)),
        x.name());
  }

  private static void softmax(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1);
    if (x != null) {
      int axis = g.between(0, x.rank() - 1);
      g.add(
          g.oneOf("Softmax", "Softmax", "LogSoftmax"),
          x.shape(),
          Map.of("axis", attribute(axis)),
          x.name());
    }
  }

  private static void gather(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && small(value));
    if (x == null) {
      return;
    }
    int axis = g.between(0, x.rank() - 1);
    long[] indices = new long[g.between(1, 4)];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = g.between(-(int) x.shape()[axis], (int) x.shape()[axis] - 1);
    }
    long[] shape = with(x.shape(), axis, indices.length);
    if (new Value("", shape).elements() <= Grower.MAX_ELEMENTS) {
      g.add("Gather", shape, Map.of("axis", attribute(axis)), x.name(), g.longs(indices));
    }
  }

  private static void resize(Grower g) {
    Value x = g.pick(value -> value.rank() == 4 && value.elements() < 4_000);
    if (x == null) {
      return;
    }
    // Nearest pixels at whole ratios only: at others, ONNX Runtime's single precision positions
    // and exact ones may fall on different sides of a pixel's edge.
    boolean nearest = g.chance(0.5);
    long[] sizes = x.shape().clone();
    for (int axis = 2; axis < 4; axis++) {
      int size = (int) sizes[axis];
      sizes[axis] = nearest ? (long) size * g.between(1, 2) : g.between(1, 2 * size);
    }
    g.add(
        "Resize",
        sizes,
        nearest
            ? Map.of(
                "mode", attribute("nearest"),
                "coordinate_transformation_mode", attribute(g.oneOf("asymmetric", "half_pixel")),
                "nearest_mode", attribute("floor"))
            : Map.of(
                "mode",
                attribute(g.oneOf("linear", "cubic")),
                "coordinate_transformation_mode",
                attribute(g.oneOf("half_pixel", "align_corners", "asymmetric"))),
        x.name(),
        "",
        "",
        g.longs(sizes));
  }

  private static void expand(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && value.elements() < 3_000);
    if (x == null) {
      return;
    }
    if (g.chance(0.5)) {
      long times = g.between(1, 3);
      long[] shape = new long[x.rank() + 1];
      shape[0] = times;
      System.arraycopy(x.shape(), 0, shape, 1, x.rank());
      if (shape.length <= 4) {
        g.add("Expand", shape, Map.of(), x.name(), g.longs(shape));
      }
    } else {
      long[] repeats = new long[x.rank()];
      Arrays.fill(repeats, 1);
      int axis = g.between(0, x.rank() - 1);
      repeats[axis] = 2;
      g.add(
          "Tile", with(x.shape(), axis, 2 * x.shape()[axis]), Map.of(), x.name(), g.longs(repeats));
    }
  }

  private static void depthToSpace(Grower g) {
    Value x = g.pick(value -> value.rank() == 4);
    if (x == null) {
      return;
    }
    long[] s = x.shape();
    if (s[1] % 4 == 0) {
      g.add(
          "DepthToSpace",
          new long[] {s[0], s[1] / 4, 2 * s[2], 2 * s[3]},
          Map.of("blocksize", attribute(2), "mode", attribute(g.oneOf("DCR", "CRD"))),
          x.name());
    } else if (s[2] % 2 == 0 && s[3] % 2 == 0) {
      g.add(
          "SpaceToDepth",
          new long[] {s[0], 4 * s[1], s[2] / 2, s[3] / 2},
          Map.of("blocksize", attribute(2)),
          x.name());
    }
  }

  private static void squeeze(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2 && value.rank() <= 3);
    if (x != null) {
      long[] shape = new long[x.rank() + 1];
      int axis = g.between(0, x.rank());
      for (int i = 0; i < shape.length; i++) {
        shape[i] = i == axis ? 1 : x.shape()[i < axis ? i : i - 1];
      }
      g.add("Unsqueeze", shape, Map.of(), x.name(), g.longs(axis));
    }
  }

  private static void cast(Grower g) {
    Value x = g.pick(value -> true);
    String wide = g.raw("Cast", Map.of("to", attribute(11)), x.name());
    String sum = g.raw("Add", Map.of(), wide, wide);
    g.add("Cast", x.shape(), Map.of("to", attribute(1)), sum);
  }

  private static void cumSum(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && value.shape()[value.rank() - 1] <= 32);
    if (x != null) {
      g.add(
          "CumSum",
          x.shape(),
          Map.of("exclusive", attribute(g.between(0, 1)), "reverse", attribute(g.between(0, 1))),
          x.name(),
          g.constant(Tensor.of(new long[] {x.rank() - 1})));
    }
  }

  private static String quantized(Grower g, String x, String scale, String zero) {
    String q = g.raw("QuantizeLinear", Map.of(), x, scale, zero);
    return g.raw("DequantizeLinear", Map.of(), q, scale, zero);
  }

  private static String zero(Grower g, boolean unsigned) {
    return g.constant(
        Tensor.of(unsigned ? DType.UINT8 : DType.INT8, new byte[] {(byte) (unsigned ? 121 : -3)}));
  }

  /** Coarse steps of inputs only: elsewhere a last bit would decide on a step. */
  private static void fakeQuantize(Grower g) {
    Value x = g.pick(value -> value.name().startsWith("x"));
    if (x != null) {
      String scale = g.constant(Tensor.scalar(0.0371f));
      String zero = zero(g, g.chance(0.5));
      String q = g.raw("QuantizeLinear", Map.of(), x.name(), scale, zero);
      g.add("DequantizeLinear", x.shape(), Map.of(), q, scale, zero);
    }
  }

  /** A convolution of quantized inputs and weights in the exporters' form. */
  private static void quantizedConv(Grower g) {
    Value x = g.pick(value -> value.name().startsWith("x") && value.rank() == 4);
    if (x == null) {
      return;
    }
    Window window = Window.random(g, x, 2, true);
    if (window == null) {
      return;
    }
    long channels = x.shape()[1];
    boolean depthwise = g.chance(0.3);
    long out = depthwise ? channels : g.between(1, 24);
    long[] shape = {out, depthwise ? 1 : channels, window.kernel()[0], window.kernel()[1]};
    byte[] weights = g.sevenBits(new Value("", shape).elements());
    long fan = weights.length / out;
    String activations =
        quantized(g, x.name(), g.constant(Tensor.scalar(0.0371f)), zero(g, g.chance(0.5)));
    float[] scales = new float[(int) out];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (float) ((0.5 + g.random.nextDouble()) / 73 / Math.sqrt((double) fan));
    }
    String dequantized =
        g.raw(
            "DequantizeLinear",
            Map.of("axis", attribute(0)),
            g.constant(Tensor.of(DType.INT8, weights, shape)),
            g.constant(Tensor.of(scales, out)),
            g.constant(Tensor.of(DType.INT8, new byte[(int) out], out)));
    Map<String, Attribute> attributes = new LinkedHashMap<>(window.attributes(true));
    attributes.put("group", attribute(depthwise ? channels : 1));
    g.add("Conv", with(window.shape(x.shape()), 1, out), attributes, activations, dequantized);
  }
}
