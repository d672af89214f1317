package dev.lathe.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.PerTier;
import dev.lathe.kernel.dispatch.SparsePolicy;
import dev.lathe.measure.SeededInputs;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Quantized networks with many zero weights: sparse kernels answer what dense ones do, exactly. */
@PerTier
class SparseInt8WeightsTest {

  private static final int CHANNELS = 24;

  private final Random random = new Random(3);
  private final Map<String, Tensor> constants = new HashMap<>();
  private final List<Node> nodes = new ArrayList<>();

  @AfterEach
  void forget() {
    System.clearProperty(SparsePolicy.PROPERTY);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void sparseAndDenseKernelsAgree(int threads) {
    Network network = network(0.15);
    RunOptions options = RunOptions.standard().withThreads(threads);
    Answer dense = answer(network, "never", options);
    Answer sparse = answer(network, "always", options);

    assertThat(dense.kernels).noneMatch(name -> name.contains("spmm"));
    if (hasLists(dense)) {
      assertThat(sparse.kernels).filteredOn(name -> name.startsWith("u8s8_spmm")).hasSize(6);
    }
    assertThat(sparse.values).isEqualTo(dense.values);
    assertThat(Arrays.stream(dense.values.toArray()).distinct().count()).isGreaterThan(20);
  }

  @ParameterizedTest
  @ValueSource(strings = {"MatMulInteger", "ConvInteger"})
  void operatorsOnIntegersAgree(String type) {
    Network network = integers(type);
    RunOptions options = RunOptions.standard().withThreads(2);
    Answer dense = answer(network, "never", options);
    Answer sparse = answer(network, "always", options);

    assertThat(dense.kernels).noneMatch(name -> name.contains("spmm"));
    if (hasLists(dense)) {
      assertThat(sparse.kernels).filteredOn(name -> name.startsWith("u8s8_spmm")).hasSize(1);
    }
    assertThat(sparse.values).isEqualTo(dense.values);
    assertThat(dense.values.stream().distinct().count()).isGreaterThan(20);
  }

  /** One constant is read under two zero points, which are subtracted before it is packed. */
  @ParameterizedTest
  @ValueSource(strings = {"MatMulInteger", "ConvInteger", "QLinearMatMul", "QLinearConv"})
  void oneWeightMayHaveTwoZeroPoints(String type) {
    Network network = twoZeroPoints(type);
    RunOptions options = RunOptions.standard().withThreads(1);
    Answer dense = answer(network, "never", options);
    Answer sparse = answer(network, "always", options);

    if (hasLists(dense)) {
      assertThat(sparse.kernels).filteredOn(name -> name.startsWith("u8s8_spmm")).hasSize(2);
    }
    assertThat(sparse.values).isEqualTo(dense.values);
    assertThat(dense.values.stream().distinct().count()).isGreaterThan(20);
  }

  /** Whether the tier's sparse kernels are lists of single weights or quads. */
  private static boolean hasLists(Answer dense) {
    return dense.kernels.stream()
        .anyMatch(name -> name.matches("u8s8_brgemm.*_(avx|vector|neon).*"));
  }

  @Test
  void fewZerosStayDense() {
    Answer answer = answer(network(0.9), "auto", RunOptions.standard());
    assertThat(answer.kernels).noneMatch(name -> name.contains("spmm"));
  }

  private record Answer(List<Float> values, List<String> kernels) {}

  private static Answer answer(Network network, String policy, RunOptions options) {
    System.setProperty(SparsePolicy.PROPERTY, policy);
    try (NetworkRunner runner = new NetworkRunner(network, options)) {
      Tensor input = SeededInputs.of(runner.declaredFacts(2).getFirst(), 7);
      List<String> kernels =
          runner.prepare(runner.declaredFacts(2)).plan().steps().stream()
              .map(step -> step.step().kernel())
              .toList();
      Tensor output = runner.run(List.of(input)).getFirst();
      List<Float> values = new ArrayList<>();
      for (float value : output.toFloats()) {
        values.add(value);
      }
      return new Answer(values, kernels);
    }
  }

  /** The sum of two products of the quantized input and one weight, whose zero is 5 and 3. */
  private Network twoZeroPoints(String type) {
    boolean conv = type.endsWith("Conv") || type.startsWith("Conv");
    boolean linear = type.startsWith("QLinear");
    scale("s", 0.05f);
    scale("sw", 0.01f);
    constants.put("zx", bytes(DType.UINT8, new byte[] {117}));
    constants.put("z5", bytes(DType.INT8, new byte[] {5}));
    constants.put("z3", bytes(DType.INT8, new byte[] {3}));
    constants.put(
        "w", conv ? weights(DType.INT8, 0, 0.2, 8, 3, 3, 3) : weights(DType.INT8, 0, 0.2, 31, 20));
    nodes.add(Node.of("q", "", "QuantizeLinear", List.of("x", "s", "zx"), List.of("xq"), Map.of()));
    for (String zero : List.of("z5", "z3")) {
      List<String> inputs =
          linear
              ? List.of("xq", "s", "zx", "w", "sw", zero, "s", "zx")
              : List.of("xq", "w", "zx", zero);
      nodes.add(Node.of("p" + zero, "", type, inputs, List.of("i" + zero), Map.of()));
      if (linear) {
        dequantize("i" + zero, "f" + zero);
      } else {
        nodes.add(
            Node.of(
                "c" + zero,
                "",
                "Cast",
                List.of("i" + zero),
                List.of("f" + zero),
                Map.of("to", new Attribute.Int(1))));
      }
    }
    nodes.add(Node.of("add", "", "Add", List.of("fz5", "fz3"), List.of("y"), Map.of()));
    return network();
  }

  /** A product of what the input is quantized to, with int32 sums. */
  private Network integers(String type) {
    constants.put("s", Tensor.of(new float[] {0.05f}));
    constants.put("zx", bytes(DType.UINT8, new byte[] {117}));
    nodes.add(Node.of("q", "", "QuantizeLinear", List.of("x", "s", "zx"), List.of("xq"), Map.of()));
    boolean conv = type.equals("ConvInteger");
    constants.put(
        "w",
        conv ? weights(DType.UINT8, 128, 0.2, 8, 3, 3, 3) : weights(DType.UINT8, 128, 0.2, 31, 20));
    constants.put("zw", bytes(DType.UINT8, new byte[] {(byte) 128}));
    Map<String, Attribute> attributes =
        conv ? Map.of("pads", ints(1, 0, 2, 1), "strides", ints(2, 1)) : Map.of();
    nodes.add(Node.of("p", "", type, List.of("xq", "w", "zx", "zw"), List.of("i"), attributes));
    nodes.add(
        Node.of("c", "", "Cast", List.of("i"), List.of("y"), Map.of("to", new Attribute.Int(1))));
    return network();
  }

  /**
   * Kinds of convolution, unsigned weights whose zero is 128 and signed ones whose zero is not 0, a
   * residual sum, and a matrix product.
   */
  private Network network(double density) {
    scale("s", 0.05f);
    constants.put("zx", bytes(DType.UINT8, new byte[] {117}));
    nodes.add(Node.of("q", "", "QuantizeLinear", List.of("x", "s", "zx"), List.of("xq"), Map.of()));
    conv("c1", "xq", "a", weights(DType.INT8, 0, density, CHANNELS, 3, 5, 5), 2, 2, 1);
    conv("c2", "a", "b", weights(DType.UINT8, 128, density, CHANNELS, CHANNELS, 3, 3), 1, 1, 1);
    conv("c3", "b", "c", weights(DType.INT8, 3, density, CHANNELS, CHANNELS, 1, 1), 0, 1, 1);
    dequantize("a", "af");
    dequantize("c", "cf");
    nodes.add(Node.of("add", "", "Add", List.of("af", "cf"), List.of("df"), Map.of()));
    nodes.add(
        Node.of("qd", "", "QuantizeLinear", List.of("df", "s", "zx"), List.of("d"), Map.of()));
    conv("c4", "d", "e", weights(DType.INT8, 0, density, 32, CHANNELS / 2, 3, 3), 1, 2, 2);
    conv("c5", "e", "f", weights(DType.INT8, 0, density, 40, 32, 1, 1), 0, 1, 1);
    constants.put("shape", Tensor.of(new long[] {0, 40, -1}, 3));
    nodes.add(Node.of("r", "", "Reshape", List.of("f", "shape"), List.of("g"), Map.of()));
    Attribute order = ints(0, 2, 1);
    nodes.add(Node.of("t", "", "Transpose", List.of("g"), List.of("h"), Map.of("perm", order)));
    constants.put("w6", weights(DType.INT8, 0, density, 40, 30));
    scale("s6", 0.01f);
    constants.put("z6", bytes(DType.INT8, new byte[1]));
    nodes.add(
        Node.of(
            "m",
            "",
            "QLinearMatMul",
            List.of("h", "s", "zx", "w6", "s6", "z6", "s", "zx"),
            List.of("i"),
            Map.of()));
    dequantize("i", "y");
    return network();
  }

  private Network network() {
    Graph graph =
        new Graph(
            "g",
            List.of(ValueInfo.of("x", DType.FLOAT32, 2, 3, 29, 31)),
            List.of(new ValueInfo("y", DType.FLOAT32, null, null)),
            constants,
            nodes,
            Map.of(),
            null);
    return new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
  }

  private void conv(
      String name, String x, String y, Tensor weights, long pad, long stride, long group) {
    DType type = weights.dtype();
    int channels = weights.shape().intDim(0);
    byte zero = (byte) (type == DType.UINT8 ? 128 : name.equals("c3") ? 3 : 0);
    constants.put("w" + name, weights);
    float[] scales = new float[channels];
    byte[] zeros = new byte[channels];
    int[] bias = new int[channels];
    for (int c = 0; c < channels; c++) {
      scales[c] = 0.01f + 0.005f * random.nextFloat();
      zeros[c] = zero;
      bias[c] = random.nextInt(2001) - 1000;
    }
    constants.put("s" + name, Tensor.of(scales, channels));
    constants.put("z" + name, bytes(type, zeros));
    constants.put("b" + name, Tensor.of(bias, channels));
    nodes.add(
        Node.of(
            name,
            "",
            "QLinearConv",
            List.of(x, "s", "zx", "w" + name, "s" + name, "z" + name, "s", "zx", "b" + name),
            List.of(y),
            Map.of(
                "pads", ints(pad, pad, pad, pad),
                "strides", ints(stride, stride),
                "group", new Attribute.Int(group))));
  }

  private void dequantize(String x, String y) {
    nodes.add(Node.of(y, "", "DequantizeLinear", List.of(x, "s", "zx"), List.of(y), Map.of()));
  }

  private void scale(String name, float value) {
    constants.put(name, Tensor.of(new float[] {value}));
  }

  private static Attribute ints(long... values) {
    return new Attribute.Ints(Arrays.stream(values).boxed().toList());
  }

  private static Tensor bytes(DType type, byte[] values) {
    Shape shape = values.length == 1 ? Shape.of() : Shape.of(values.length);
    return new Tensor(type, shape, MemorySegment.ofArray(values));
  }

  private Tensor weights(DType type, int zero, double density, long... dims) {
    byte[] values = new byte[Math.toIntExact(Arrays.stream(dims).reduce(1, (a, b) -> a * b))];
    for (int i = 0; i < values.length; i++) {
      int value = random.nextDouble() < density ? random.nextInt(240) - 120 : 0;
      values[i] = (byte) (value + zero);
    }
    return new Tensor(type, Shape.of(dims), MemorySegment.ofArray(values));
  }
}
