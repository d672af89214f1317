package dev.lathe.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.kernel.dispatch.PerTier;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Magnitudes are powers of 2, so that the float graph computes without rounding and the graph of
 * signs has to agree to the last bit.
 */
@PerTier
class MultiplySignsTest {

  private final NetworkBuilder net = new NetworkBuilder();
  private final Random random = new Random(7);

  /** The optimized graph, after a check that it computes the very same. */
  private Graph optimized(String... outputs) {
    Graph graph = net.build(outputs);
    Graph optimized = NetworkBuilder.optimize(graph);
    List<Tensor> expected = net.evaluatePlain(graph);
    List<Tensor> actual = net.evaluate(optimized);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i).shape()).isEqualTo(expected.get(i).shape());
      assertThat(actual.get(i).data().mismatch(expected.get(i).data())).isEqualTo(-1);
    }
    return optimized;
  }

  /** Weights -a and a, with one of three powers of 2 per index of an axis. */
  private String weights(int axis, long... dims) {
    Tensor values = Tensor.zeros(DType.FLOAT32, dev.lathe.tensor.Shape.of(dims));
    long inner = values.shape().product(axis + 1, dims.length);
    for (long i = 0; i < values.elements(); i++) {
      float a = Math.scalb(0.5f, -(int) (i / inner % dims[axis] % 3));
      values.data().set(Tensor.F32, 4 * i, random.nextBoolean() ? a : -a);
    }
    return net.constant(values);
  }

  private String signs(String form, String x) {
    String zero = net.scalar(0);
    return switch (form) {
      case "where" -> net.op("Where", net.op("Less", x, zero), net.scalar(-0.5f), net.scalar(0.5f));
      case "not" ->
          net.op(
              "Where",
              net.op("Not", net.op("LessOrEqual", x, net.scalar(0.25f))),
              net.scalar(2),
              net.scalar(-2));
      case "swapped" -> net.op("Where", net.op("Greater", zero, x), net.scalar(1), net.scalar(-1));
      case "cast" -> {
        Map<String, Attribute> to = Map.of("to", new Attribute.Int(1));
        String bits = net.op("Cast", to, net.op("GreaterOrEqual", x, zero));
        yield net.op("Sub", net.op("Mul", net.scalar(2), bits), net.scalar(1));
      }
      case "sign" -> net.op("Sign", x);
      case "zeros" -> net.op("Sign", net.op("Relu", x));
      case "scaled" -> net.op("Mul", net.op("Sign", x), net.scalar(0.125f));
      case "unipolar" ->
          net.op("Where", net.op("Greater", x, net.scalar(0.5f)), net.scalar(0.25f), zero);
      case "quantized" ->
          net.requantize(net.op("Sign", x), new NetworkBuilder.Levels(DType.INT8, 0.25f, 0));
      default -> throw new IllegalArgumentException(form);
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "where",
        "not",
        "swapped",
        "cast",
        "sign",
        "zeros",
        "scaled",
        "unipolar",
        "quantized"
      })
  void convolutionsOfSigns(String form) {
    String x = net.input("x", 2, 32, 6, 7);
    String y =
        net.op(
            "Conv",
            NetworkBuilder.convAttributes(3, 1, 1),
            signs(form, x),
            weights(0, 40, 32, 3, 3));
    Graph graph = optimized(y);
    assertThat(NetworkBuilder.ops(graph)).contains("dev.lathe.BinaryConv");
    assertThat(NetworkBuilder.ops(graph)).doesNotContain("Where", "Less", "Conv");
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "1, 2, 1", "3, 2, 1", "3, 1, 2", "5, 1, 4", "3, 2, 3"})
  void kernelsStridesAndGroups(int kernel, int stride, int groups) {
    int channels = groups == 3 ? 102 : kernel == 1 ? 256 : 128;
    String x = net.input("x", 3, channels, 9, 8);
    long outputs = kernel == 1 ? 160 : 48L * groups;
    String w = weights(0, outputs, channels / groups, kernel, kernel);
    String y =
        net.op("Conv", NetworkBuilder.convAttributes(kernel, stride, groups), signs("where", x), w);
    String z =
        net.op("Conv", NetworkBuilder.convAttributes(kernel, stride, groups), signs("sign", x), w);
    assertThat(NetworkBuilder.count(optimized(y, z), "dev.lathe.BinaryConv")).isEqualTo(2);
  }

  @Test
  void epiloguesAreFused() {
    String x = net.input("x", 1, 64, 8, 8);
    String w = weights(0, 64, 64, 3, 3);
    float[] bias = new float[64];
    for (int i = 0; i < bias.length; i++) {
      bias[i] = random.nextInt(-64, 64) / 8f;
    }
    Map<String, Attribute> attributes = NetworkBuilder.convAttributes(3, 1, 1);
    String relu =
        net.op(
            "Relu",
            net.op("Conv", attributes, signs("cast", x), w, net.constant(Tensor.of(bias, 64))));
    String sum = net.op("Add", net.op("Conv", attributes, signs("where", relu), w), relu);
    String tanh = net.op("Tanh", net.op("Conv", attributes, signs("where", sum), w));
    Graph graph = optimized(relu, sum, tanh);
    assertThat(NetworkBuilder.count(graph, "dev.lathe.BinaryConv")).isEqualTo(3);
    assertThat(NetworkBuilder.ops(graph)).doesNotContain("Add", "Relu", "Tanh");
  }

  @Test
  void productsOfSigns() {
    String x = net.input("x", 2, 5, 200);
    float[] bias = new float[96];
    for (int i = 0; i < bias.length; i++) {
      bias[i] = random.nextInt(-64, 64) / 8f;
    }
    String b = net.constant(Tensor.of(bias, 96));
    String matMul = net.op("Add", net.op("MatMul", signs("where", x), weights(1, 200, 96)), b);
    String rows = net.op("Reshape", x, net.ints(10, 200));
    String gemm =
        net.op(
            "Gemm",
            Map.of("transB", new Attribute.Int(1)),
            signs("sign", rows),
            weights(0, 96, 200),
            b);
    Graph graph = optimized(matMul, net.op("Relu", gemm));
    assertThat(NetworkBuilder.count(graph, "dev.lathe.BinaryMatMul")).isEqualTo(2);
  }

  @Test
  void specialNumbersCompareAsTheyDo() {
    float[] values = new float[2 * 256];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          new float[] {Float.NaN, 0f, -0f, Float.MIN_VALUE, -1f, Float.NEGATIVE_INFINITY, 3f}
              [random.nextInt(7)];
    }
    String x = net.input("x", Tensor.of(values, 2, 256));
    String w = weights(1, 256, 64);
    Graph graph =
        optimized(
            net.op("MatMul", signs("where", x), w),
            net.op("MatMul", signs("not", x), w),
            net.op("MatMul", signs("cast", x), w),
            net.op("MatMul", signs("unipolar", x), w));
    assertThat(NetworkBuilder.count(graph, "dev.lathe.BinaryMatMul")).isEqualTo(4);
  }

  @Test
  void whatIsNotBinaryOrDoesNotPayStaysFloat() {
    String x = net.input("x", 4, 256);
    String threeValued =
        net.op("Where", net.op("Less", x, net.scalar(0)), net.scalar(-1), net.scalar(0.5f));
    String w = weights(1, 256, 64);
    Tensor zero = Tensor.zeros(DType.FLOAT32, dev.lathe.tensor.Shape.of(256, 64));
    String scalars = net.op("MatMul", net.op("Tanh", x), w);
    String image = net.input("i", 1, 64, 8, 8);
    String depthwise =
        net.op(
            "Conv",
            NetworkBuilder.convAttributes(3, 1, 64),
            signs("where", image),
            weights(0, 64, 1, 3, 3));
    Graph graph =
        optimized(
            net.op("MatMul", threeValued, w),
            net.op("MatMul", signs("where", x), net.constant(zero)),
            net.op("MatMul", signs("where", x), weights(1, 256, 2)),
            scalars,
            depthwise);
    Map<String, Long> binary = new HashMap<>();
    for (String op : NetworkBuilder.ops(graph)) {
      binary.merge(
          op.startsWith("Binary") || op.contains(".Binary") ? "binary" : "other", 1L, Long::sum);
    }
    assertThat(binary).doesNotContainKey("binary").containsKey("other");
  }
}
