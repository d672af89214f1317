package dev.lathe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.compress.quantize.OrtModel;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Operators of com.microsoft on quantized tensors: whole small networks, the same file in Lathe and
 * in ONNX Runtime, levels equal; and which internal operators they run on.
 */
class QuantizedFormsTest {

  /** Columns of activations that meet weights of few bits. */
  private static final int K = 200;

  private static final String MICROSOFT = "com.microsoft";

  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> constants = new LinkedHashMap<>();
  private final Random random = new Random(5);

  @Test
  void sumsAndProductsOfAnyBroadcast() throws Exception {
    for (String opType : List.of("QLinearAdd", "QLinearMul")) {
      for (long[] other : new long[][] {{2, 6, 5, 7}, {6, 1, 1}, {1}, {7}, {2, 1, 5, 1}}) {
        start();
        pair(opType, "q", other);
        String steps = check(0.05f, 2, 6, 5, 7);
        assertThat(steps).contains(opType.equals("QLinearAdd") ? "QAdd" : "QMul");
        assertThat(steps).doesNotContain(" Add", " Mul");
      }
    }
  }

  private void pair(String opType, String x, long... other) {
    node(
        opType,
        List.of(x, f32(0.03f), u8(110), levels(other), f32(0.021f), u8(77), f32(0.05f), u8(100)));
  }

  @Test
  void functionsRunOnATable() throws Exception {
    for (String opType : List.of("QLinearSigmoid", "QLinearLeakyRelu")) {
      start();
      node(opType, List.of("q", f32(0.03f), u8(110), f32(0.05f), u8(100)));
      assertThat(check(0.05f, 3, 333)).contains("QLookup").doesNotContain("Sigmoid", "LeakyRelu");
    }
  }

  @Test
  void pooling() throws Exception {
    for (long last : new long[] {0, 1}) {
      start();
      node("QLinearGlobalAveragePool", parameters(), Map.of("channels_last", integer(last)));
      assertThat(check(0.02f, 2, 6, 5, 7)).contains("QGlobalAveragePool");
      start();
      node(
          "QLinearAveragePool",
          parameters(),
          Map.of(
              "channels_last", integer(last),
              "kernel_shape", new Attribute.Ints(List.of(3L, 2L)),
              "strides", new Attribute.Ints(List.of(2L, 1L))));
      // ONNX Runtime averages in float: ties go either way.
      assertThat(near(1, 0.02f, 2, 6, 5, 7)).contains("QAveragePool");
    }
  }

  private List<String> parameters() {
    return List.of("q", f32(0.03f), u8(110), f32(0.02f), u8(100));
  }

  @Test
  void concatenationOfDifferentScales() throws Exception {
    start();
    node(
        "QLinearConcat",
        List.of(f32(0.05f), u8(100), "q", f32(0.03f), u8(110), levels(2, 3, 4), f32(0.07f), u8(9)),
        Map.of("axis", integer(1)));
    assertThat(check(0.05f, 2, 5, 4)).contains("QLookup").containsOnlyOnce(" QuantizeLinear");
  }

  @Test
  void products() throws Exception {
    start();
    node(
        "QGemm",
        List.of(
            "q",
            f32(0.03f),
            u8(110),
            levels(40, 21),
            f32(0.01f),
            u8(120),
            constant(Tensor.of(random.ints(21, -900, 900).toArray(), 21)),
            f32(0.05f),
            u8(100)));
    assertThat(check(0.05f, 9, 40)).contains("QGemm").doesNotContain(" Gemm");
  }

  @Test
  void softmax() throws Exception {
    start();
    node(
        "QLinearSoftmax",
        List.of("q", f32(0.03f), u8(110), f32(0.0039f), u8(0)),
        Map.of("axis", integer(-1), "opset", integer(13)));
    // ONNX Runtime sums exponentials in integers.
    near(1, 0.0039f, 9, 40);
  }

  @Test
  void dynamicProducts() throws Exception {
    nodes.clear();
    constants.clear();
    nodes.add(
        Node.of(
            "p",
            MICROSOFT,
            "DynamicQuantizeMatMul",
            List.of("x", levels(40, 21), f32(0.01f), u8(120), constant(Tensor.of(floats(21), 21))),
            List.of("y"),
            Map.of()));
    assertThat(compare(1e-5, 3, 9, 40)).contains("DynamicQuantizeLinear", "MatMulIntegerToFloat");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void weightsOfFewBits(int bits) throws Exception {
    for (int block : new int[] {16, 32, 128}) {
      for (int rows : new int[] {1, 5, 20}) {
        for (boolean zeros : new boolean[] {false, true}) {
          fewBits(bits, block, zeros, 0);
          compare(1e-4 * Math.max(1, (1 << bits) / 16), rows, K);
        }
      }
    }
  }

  /** Both round activations to int8 per block. */
  @ParameterizedTest
  @ValueSource(ints = {16, 32, 128})
  void weightsOfFourBitsTimesInt8(int block) throws Exception {
    for (boolean zeros : new boolean[] {false, true}) {
      fewBits(4, block, zeros, 4);
      compare(1e-3, 1, K);
    }
  }

  private void fewBits(int bits, int block, boolean zeros, int accuracy) {
    int n = 24;
    int blocks = Math.ceilDiv(K, block);
    nodes.clear();
    constants.clear();
    List<String> inputs = new ArrayList<>(List.of("x"));
    inputs.add(levels(n, blocks, block * bits / 8));
    inputs.add(constant(Tensor.of(floats(n * blocks), (long) n * blocks)));
    if (zeros) {
      inputs.add(levels((long) n * Math.ceilDiv(blocks * bits, 8)));
    }
    Map<String, Attribute> attributes =
        Map.of(
            "N", integer(n),
            "K", integer(K),
            "bits", integer(bits),
            "block_size", integer(block),
            "accuracy_level", integer(accuracy));
    nodes.add(Node.of("p", MICROSOFT, "MatMulNBits", inputs, List.of("y"), attributes));
  }

  /** A network that begins with the quantization of x to q. */
  private void start() {
    nodes.clear();
    constants.clear();
    nodes.add(
        Node.of(
            "in", "", "QuantizeLinear", List.of("x", f32(0.03f), u8(110)), List.of("q"), Map.of()));
  }

  private void node(String opType, List<String> inputs) {
    node(opType, inputs, Map.of());
  }

  private void node(String opType, List<String> inputs, Map<String, Attribute> attributes) {
    nodes.add(Node.of("op", MICROSOFT, opType, inputs, List.of("r"), attributes));
  }

  /** Dequantizes r with the scale and compares: levels must be equal. */
  private String check(float scale, long... shape) throws Exception {
    return near(0, scale, shape);
  }

  /** The same, so many levels apart at most. */
  private String near(int levels, float scale, long... shape) throws Exception {
    nodes.add(
        Node.of(
            "out",
            "",
            "DequantizeLinear",
            List.of("r", f32(scale), u8(100)),
            List.of("y"),
            Map.of()));
    return compare(1.001 * levels * scale, shape);
  }

  /** Runs both engines; the operators of the plan. */
  private String compare(double tolerance, long... shape) throws Exception {
    Graph graph =
        new Graph(
            "test",
            List.of(ValueInfo.of("x", DType.FLOAT32, shape)),
            List.of(new ValueInfo("y", DType.FLOAT32, null, null)),
            constants,
            nodes,
            Map.of(),
            null);
    Map<String, Long> opsets = Map.of("", 13L, MICROSOFT, 1L);
    byte[] file = OnnxWriter.toBytes(new Network(8, opsets, graph, "test", Map.of(), null));
    Tensor x = Tensor.of(floats((int) Shape.of(shape).elements()), shape);
    try (OrtModel peer = new OrtModel(file);
        NetworkRunner runner = new NetworkRunner(OnnxReader.read(file), RunOptions.standard())) {
      Tensor expected = peer.output(x);
      Tensor actual = runner.run(List.of(x)).getFirst();
      assertThat(actual.shape()).isEqualTo(expected.shape());
      for (int i = 0; i < actual.elements(); i++) {
        double allowed = tolerance * Math.max(1, Math.abs(expected.f32(i)));
        assertThat((double) Math.abs(actual.f32(i) - expected.f32(i)))
            .as("%s: element %d is %s, not %s", nodes, i, actual.f32(i), expected.f32(i))
            .isLessThanOrEqualTo(allowed);
      }
      StringBuilder steps = new StringBuilder();
      runner
          .planFor(runner.declaredFacts(1))
          .steps()
          .forEach(step -> steps.append(' ').append(step.node().opType()));
      return steps.toString();
    }
  }

  private float[] floats(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() * 8 - 4;
    }
    return values;
  }

  private String levels(long... dims) {
    byte[] bytes = new byte[(int) Shape.of(dims).elements()];
    random.nextBytes(bytes);
    return constant(Tensor.of(DType.UINT8, bytes, dims));
  }

  private String f32(float value) {
    return constant(Tensor.scalar(value));
  }

  private String u8(int value) {
    return constant(Tensor.of(DType.UINT8, new byte[] {(byte) value}));
  }

  private String constant(Tensor value) {
    String name = "c" + constants.size();
    constants.put(name, value);
    return name;
  }

  private static Attribute integer(long value) {
    return new Attribute.Int(value);
  }
}
