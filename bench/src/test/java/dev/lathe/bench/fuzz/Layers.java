package dev.lathe.bench.fuzz;

import static dev.lathe.bench.fuzz.Grower.attribute;

import dev.lathe.bench.fuzz.Grower.Value;
import dev.lathe.graph.Attribute;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Moves with weights or windows: convolutions, products, pools. */
final class Layers {

  private Layers() {}

  static void conv(Grower g) {
    Value x = g.pick(value -> value.rank() >= 3 && value.rank() <= 4 && value.isSmall());
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
        "Conv",
        Grower.with(window.shape(x.shape()), 1, out),
        attributes,
        operands.toArray(String[]::new));
  }

  static void convTranspose(Grower g) {
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

  static void pool(Grower g) {
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

  static void globalPool(Grower g) {
    Value x = g.pick(value -> value.rank() == 4);
    if (x != null) {
      g.add(
          g.oneOf("GlobalAveragePool", "GlobalMaxPool"),
          Grower.with(Grower.with(x.shape(), 2, 1), 3, 1),
          Map.of(),
          x.name());
    }
  }

  static void gemm(Grower g) {
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

  static void matMul(Grower g) {
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
        g.add(
            "MatMul",
            Grower.with(x.shape(), x.rank() - 1, n),
            Map.of(),
            x.name(),
            g.fanIn(k, k, n));
    if (g.chance(0.5)) {
      g.add("Add", product.shape(), Map.of(), product.name(), g.weights(1, n));
    }
  }

  static void matMulOfValues(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2 && value.isSmall());
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
    g.add("MatMul", Grower.with(x.shape(), rank - 1, m), Map.of(), x.name(), scaled);
  }

  /** A convolution of quantized inputs and weights in the exporters' form. */
  static void quantizedConv(Grower g) {
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
        Elementwise.quantized(
            g, x.name(), g.constant(Tensor.scalar(0.0371f)), Elementwise.zero(g, g.chance(0.5)));
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
    g.add(
        "Conv", Grower.with(window.shape(x.shape()), 1, out), attributes, activations, dequantized);
  }
}
