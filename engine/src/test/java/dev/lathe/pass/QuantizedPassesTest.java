package dev.lathe.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.pass.NetworkBuilder.Levels;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Scales are powers of 2, so that the float graph computes without rounding and the integer one has
 * to agree to the last bit.
 */
class QuantizedPassesTest {

  private final NetworkBuilder net = new NetworkBuilder();

  private static Levels levels(DType dtype, float scale, int zeroPoint) {
    return new Levels(dtype, scale, dtype == DType.INT8 ? zeroPoint - 128 : zeroPoint);
  }

  /** The optimized graph, after a check that it computes the very same. */
  private Graph optimized(Graph graph) {
    Graph optimized = NetworkBuilder.optimize(graph);
    List<Tensor> expected = net.evaluatePlain(graph);
    List<Tensor> actual = net.evaluate(optimized);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i).dtype()).isEqualTo(expected.get(i).dtype());
      assertThat(actual.get(i).shape()).isEqualTo(expected.get(i).shape());
      assertThat(actual.get(i).data().mismatch(expected.get(i).data())).isEqualTo(-1);
    }
    return optimized;
  }

  private String weights(DType dtype, long... dims) {
    int low = dtype == DType.UINT8 ? 100 : -30;
    return net.perChannel(dtype, 0, 1f / 32, net.integers(dtype, low, low + 60, dims));
  }

  private String conv(String x, DType weights, int out, int in, int kernel, int stride) {
    return net.op(
        "Conv",
        NetworkBuilder.convAttributes(kernel, stride, 1),
        x,
        weights(weights, out, in, kernel, kernel));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"INT8", "UINT8"})
  void aResidualNetworkRunsOnIntegersFromEndToEnd(DType dtype) {
    Levels wide = levels(dtype, 1f / 8, 120);
    Levels positive = levels(dtype, 1f / 4, 0);
    String x = net.requantize(net.input("x", 2, 3, 8, 10), levels(dtype, 1f / 16, 128));
    String stem = net.requantize(net.op("Relu", conv(x, dtype, 8, 3, 3, 1)), positive);
    String a = net.requantize(net.op("Relu", conv(stem, dtype, 8, 8, 3, 2)), positive);
    a = net.requantize(conv(a, DType.INT8, 8, 8, 3, 1), wide);
    String shortcut = net.requantize(conv(stem, dtype, 8, 8, 1, 2), levels(dtype, 0.5f, 100));
    String sum = net.requantize(net.op("Relu", net.op("Add", a, shortcut)), positive);
    String pool =
        net.op(
            "MaxPool", Map.of("kernel_shape", Edits.ints(2, 2), "strides", Edits.ints(2, 2)), sum);
    pool = net.requantize(pool, positive);
    String flat = net.op("Flatten", pool);
    String y =
        net.requantize(
            net.op("Gemm", Map.of("transB", new Attribute.Int(1)), flat, weights(dtype, 5, 32)),
            levels(dtype, 2, 128));
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.ops(result))
        .containsOnlyOnce("QuantizeLinear", "DequantizeLinear", "dev.lathe.QMaxPool")
        .containsOnlyOnce("dev.lathe.QGemm")
        .contains("dev.lathe.QConv")
        .doesNotContain("dev.lathe.Conv", "Conv", "Gemm", "Add", "dev.lathe.QAdd", "Relu");
    // One where images come in, one where they become rows.
    assertThat(NetworkBuilder.count(result, "Transpose")).isEqualTo(2);
    assertThat(result.nodes())
        .filteredOn(node -> Edits.isLathe(node, "QConv") && node.hasInput(9))
        .hasSize(1);
  }

  @Test
  void clampsBecomeLevels() {
    Levels levels = levels(DType.UINT8, 1f / 4, 10);
    String x = net.requantize(net.input("x", 1, 4, 3, 3), levels);
    String y = net.op("Clip", conv(x, DType.INT8, 6, 4, 1, 1), net.scalar(0), net.scalar(6));
    Graph result = optimized(net.build(net.requantize(y, levels)));
    Node conv =
        result.nodes().stream().filter(n -> Edits.isLathe(n, "QConv")).findFirst().orElseThrow();
    assertThat(conv.intAttribute("min", -1)).isEqualTo(10);
    assertThat(conv.intAttribute("max", -1)).isEqualTo(34);
  }

  @Test
  void aReluBetweenEqualLevelsFusesToo() {
    Levels levels = levels(DType.UINT8, 1f / 4, 100);
    String x = net.requantize(net.input("x", 1, 4, 3, 3), levels);
    String y = net.requantize(conv(x, DType.INT8, 6, 4, 3, 1), levels);
    y = net.requantize(net.op("Relu", y), levels);
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.ops(result))
        .containsExactly(
            "QuantizeLinear", "Transpose", "dev.lathe.QConv", "Transpose", "DequantizeLinear");
  }

  @Test
  void biasesOfEveryKind() {
    Levels levels = levels(DType.UINT8, 1f / 4, 100);
    String x = net.requantize(net.input("x", 3, 7), levels);
    Tensor units = Tensor.of(new int[] {40, -300, 5000, 17}, 4);
    String w =
        net.op(
            "DequantizeLinear",
            net.constant(net.integers(DType.INT8, -30, 30, 4, 7)),
            net.scalar(1f / 8));
    String exact = net.op("DequantizeLinear", net.constant(units), net.scalar(1f / 32));
    Map<String, Attribute> transposed = Map.of("transB", new Attribute.Int(1));
    String a = net.requantize(net.op("Gemm", transposed, x, w, exact), levels);
    String real = net.constant(Tensor.of(new float[] {1, -2.5f, 0, 3}, 4));
    String b = net.requantize(net.op("Gemm", transposed, x, w, real), levels);
    String right =
        net.op(
            "DequantizeLinear",
            Map.of("axis", new Attribute.Int(1)),
            net.constant(net.integers(DType.INT8, -30, 30, 7, 4)),
            net.constant(Tensor.of(new float[] {0.5f, 0.25f, 0.5f, 1}, 4)));
    String c = net.requantize(net.op("Add", real, net.op("MatMul", x, right)), levels);
    Graph result = optimized(net.build(a, b, c));
    assertThat(NetworkBuilder.count(result, "dev.lathe.QGemm")).isEqualTo(3);
    assertThat(NetworkBuilder.ops(result)).doesNotContain("Gemm", "MatMul", "Add");
  }

  @Test
  void weightsTransposedAfterDequantizationAreUsedAsTheyAre() {
    Levels levels = levels(DType.UINT8, 1f / 4, 100);
    String x = net.requantize(net.input("x", 2, 3, 7), levels);
    String w = net.op("Transpose", Map.of("perm", Edits.ints(1, 0)), weights(DType.INT8, 4, 7));
    Graph result = optimized(net.build(net.requantize(net.op("MatMul", x, w), levels)));
    assertThat(NetworkBuilder.ops(result))
        .containsExactly("QuantizeLinear", "dev.lathe.QGemm", "DequantizeLinear");
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"INT4", "UINT4"})
  void weightsOfFourBitsRunOnIntegers(DType dtype) {
    Levels levels = levels(DType.UINT8, 1f / 4, 100);
    String x = net.requantize(net.input("x", 2, 3, 5, 5), levels);
    Map<String, Attribute> window = NetworkBuilder.convAttributes(3, 1, 1);
    String y = net.op("Conv", window, x, nibbles(dtype, 4, 3, 3, 3));
    y = net.op("Flatten", net.requantize(y, levels));
    Map<String, Attribute> transposed = Map.of("transB", new Attribute.Int(1));
    y = net.op("Gemm", transposed, y, nibbles(dtype, 7, 100));
    y = net.op("MatMul", net.requantize(y, levels), nibbles(dtype, 7, 3));
    Graph result = optimized(net.build(net.requantize(y, levels)));
    assertThat(NetworkBuilder.ops(result))
        .contains("dev.lathe.QConv", "dev.lathe.QGemm")
        .doesNotContain("Conv", "Gemm", "MatMul", "dev.lathe.Conv");
  }

  /** Dequantized constants of 4 bits with one scale and zero point. */
  private String nibbles(DType dtype, long... dims) {
    int count = (int) java.util.Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    byte[] packed = new byte[(count + 1) / 2];
    for (int i = 0; i < count; i++) {
      packed[i / 2] |= (byte) ((i * 5 % 16) << (i % 2 * 4));
    }
    String zero = net.constant(Tensor.of(dtype, new byte[] {3}));
    return net.op(
        "DequantizeLinear", net.constant(Tensor.of(dtype, packed, dims)), net.scalar(1f / 8), zero);
  }

  @Test
  void poolingAveragesIntegers() {
    Levels levels = levels(DType.UINT8, 1f / 4, 100);
    Levels other = levels(DType.UINT8, 1f / 8, 90);
    String x = net.requantize(net.input("x", 2, 5, 4, 8), levels);
    Map<String, Attribute> window =
        Map.of("kernel_shape", Edits.ints(2, 2), "strides", Edits.ints(2, 2));
    String a = net.requantize(net.op("AveragePool", window, x), other);
    String b = net.requantize(net.op("GlobalAveragePool", x), other);
    String c =
        net.op(
            "ReduceMean", Map.of("axes", Edits.ints(-1, 2), "keepdims", new Attribute.Int(0)), x);
    c = net.requantize(c, other);
    Graph result = optimized(net.build(a, b, c));
    assertThat(NetworkBuilder.ops(result))
        .contains("dev.lathe.QAveragePool", "dev.lathe.QGlobalAveragePool")
        .doesNotContain("AveragePool", "GlobalAveragePool", "ReduceMean");
  }

  @Test
  void dataMovesAsIntegers() {
    Levels levels = levels(DType.UINT8, 1f / 4, 100);
    Levels other = levels(DType.UINT8, 1f / 2, 30);
    String x = net.requantize(net.input("x", 2, 4, 4, 4), levels);
    String y = net.requantize(net.input("y", 2, 4, 4, 4), other);
    String z = net.op("Concat", Map.of("axis", new Attribute.Int(1)), x, y);
    z = net.op("Pad", net.requantize(z, levels), net.ints(0, 0, 1, 0, 0, 0, 0, 2));
    z = net.op("Slice", z, net.ints(0), net.ints(5), net.ints(3));
    z = net.op("Reshape", z, net.ints(2, -1));
    z = net.requantize(z, levels);
    List<String> ops = NetworkBuilder.ops(optimized(net.build(z)));
    // The two inputs; y goes to the levels of x by a table.
    assertThat(ops.stream().filter("QuantizeLinear"::equals)).hasSize(2);
    assertThat(ops.stream().filter("dev.lathe.QLookup"::equals)).hasSize(1);
    assertThat(ops.stream().filter("DequantizeLinear"::equals)).hasSize(1);
    assertThat(ops.getLast()).isEqualTo("DequantizeLinear");
  }

  @Test
  void signedValuesAtTheEdgesOfTheGraphAreShifted() {
    Levels levels = levels(DType.INT8, 1f / 4, 100);
    String q = net.quantize(net.input("x", 1, 4, 3, 3), levels);
    String y = net.quantize(conv(net.dequantize(q, levels), DType.INT8, 6, 4, 3, 1), levels);
    Graph graph = net.build(q, y);
    Graph result = optimized(graph);
    assertThat(NetworkBuilder.count(result, "dev.lathe.QConv")).isOne();
  }

  @Test
  void whatStaysInFloatSaysWhy() {
    Levels levels = levels(DType.UINT8, 1f / 4, 100);
    String x = net.requantize(net.input("x", 1, 4, 3, 3), levels);
    String sigmoid = net.requantize(net.op("Sigmoid", conv(x, DType.INT8, 6, 4, 3, 1)), levels);
    String plain = conv(x, DType.INT8, 2, 4, 1, 1);
    Graph graph = net.build(sigmoid, plain);
    optimized(graph);
    Notes notes = new Notes();
    PassPipeline.run(PassPipeline.MODEL, graph, NetworkBuilder.context(graph, notes));
    assertThat(notes.list())
        .extracting(Note::why)
        .containsExactlyInAnyOrder(
            "its result goes to Sigmoid unquantized", "its result is an output of the model");
  }

  @Test
  void quantizedOperatorsAreExpanded() {
    String scale = net.scalar(1f / 4);
    String zero = net.constant(Tensor.of(DType.UINT8, new byte[] {100}));
    String q = net.op("QuantizeLinear", net.input("x", 1, 4, 3, 3), scale, zero);
    String w = net.constant(net.integers(DType.INT8, -30, 30, 6, 4, 3, 3));
    String wScale = net.constant(Tensor.of(new float[] {1, .5f, .25f, .125f, .5f, .5f}, 6));
    String wZero = net.constant(Tensor.of(DType.INT8, new byte[6], 6));
    String bias = net.constant(Tensor.of(new int[] {1, 20, -300, 400, 5, 6}, 6));
    String y =
        net.op(
            "QLinearConv",
            NetworkBuilder.convAttributes(3, 1, 1),
            q,
            scale,
            zero,
            w,
            wScale,
            wZero,
            scale,
            zero,
            bias);
    Graph graph = net.build(net.op("DequantizeLinear", y, scale, zero));
    Graph expanded = NetworkBuilder.run(graph, new ExpandQuantizedOperators());
    Graph result = optimized(expanded);
    assertThat(NetworkBuilder.ops(result))
        .containsExactly(
            "QuantizeLinear", "Transpose", "dev.lathe.QConv", "Transpose", "DequantizeLinear");
    assertThat(NetworkBuilder.ops(NetworkBuilder.optimize(graph)))
        .isEqualTo(NetworkBuilder.ops(result));
  }
}
