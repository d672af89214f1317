package dev.lathe.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Activations that become part of the operator before them. */
class EpilogueTest {

  private final NetworkBuilder net = new NetworkBuilder();

  private Graph optimized(Graph graph) {
    Graph optimized = NetworkBuilder.optimize(graph);
    float[] expected = net.evaluate(graph).getFirst().toFloats();
    Tensor actual = net.evaluate(optimized).getFirst();
    assertThat(actual.elements()).isEqualTo(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual.f32(i)).as("element %d", i).isCloseTo(expected[i], within(3e-5f));
    }
    return optimized;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Sigmoid", "Tanh", "Softplus", "HardSwish", "LeakyRelu", "Elu", "HardSigmoid"})
  void everyFunctionJoinsAConvolution(String opType) {
    String x = net.input("x", 2, 5, 9, 8);
    String y = net.op(opType, net.conv(x, 40, 5, 3, 1, 1));
    y = net.op(opType, net.conv(y, 40, 1, 3, 2, 40));
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.ops(result))
        .containsExactly("Transpose", "dev.lathe.Conv", "dev.lathe.Conv", "Transpose");
  }

  @Test
  void gatesJoinAsOneFunction() {
    String x = net.input("x", 1, 4, 9, 8);
    String y = net.conv(x, 20, 4, 1, 1, 1);
    y = net.op("Mul", y, net.op("Sigmoid", y));
    y = net.conv(y, 20, 1, 3, 1, 20);
    Map<String, Attribute> sixth = Map.of("alpha", new Attribute.Real(1 / 6f));
    y = net.op("Mul", net.op("HardSigmoid", sixth, y), y);
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.ops(result))
        .containsExactly("Transpose", "dev.lathe.Conv", "dev.lathe.Conv", "Transpose");
  }

  @Test
  void aGateThatIsReadElsewhereStays() {
    String x = net.input("x", 1, 4, 5, 5);
    String y = net.conv(x, 4, 4, 1, 1, 1);
    String gate = net.op("Sigmoid", y);
    Graph result = optimized(net.build(net.op("Add", net.op("Mul", y, gate), gate)));
    assertThat(NetworkBuilder.count(result, "Sigmoid")).isOne();
  }

  @Test
  void productsTakeClampThenFunction() {
    String x = net.input("x", 3, 7, 33);
    String y = net.op("MatMul", x, net.constant(net.normal(0.2, 33, 50)));
    y = net.op("Add", y, net.constant(net.normal(1, 50)));
    y = net.op("Tanh", net.op("Relu", y));
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.ops(result)).containsExactly("dev.lathe.MatMul");
  }

  @Test
  void aClampAfterAFunctionStays() {
    String x = net.input("x", 6, 33);
    String y = net.op("Gemm", x, net.constant(net.normal(0.2, 33, 50)));
    y = net.op("Clip", net.op("Tanh", y), net.scalar(-0.3f), net.scalar(0.5f));
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.ops(result)).containsExactly("dev.lathe.Gemm", "Clip");
  }

  @Test
  void resizingStaysChannelsLast() {
    String x = net.input("x", 1, 4, 5, 6);
    String y = net.conv(x, 20, 4, 1, 1, 1);
    Map<String, Attribute> nearest =
        Map.of(
            "mode",
            new Attribute.Text("nearest"),
            "coordinate_transformation_mode",
            new Attribute.Text("asymmetric"));
    String scales = net.constant(Tensor.of(new float[] {1, 1, 2, 3}, 4));
    y = net.op("Resize", nearest, y, "", scales);
    y = net.conv(y, 20, 20, 1, 1, 1);
    Map<String, Attribute> linear = Map.of("mode", new Attribute.Text("linear"));
    y = net.op("Resize", linear, y, "", "", net.ints(1, 20, 7, 11));
    y = net.conv(y, 8, 20, 1, 1, 1);
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.count(result, "Transpose")).isEqualTo(2);
  }

  /** ONNX Runtime's fused forms are taken apart for our own fusions. */
  @Test
  void fusedOperatorsOfOnnxRuntime() {
    String x = net.input("x", 1, 3, 6, 6);
    String w = net.constant(net.normal(0.2, 20, 3, 3, 3));
    String b = net.constant(net.normal(1, 20));
    String z = net.input("z", 1, 20, 4, 4);
    Node fused =
        Node.of(
            "fused",
            "com.microsoft",
            "FusedConv",
            List.of(x, w, b, z),
            List.of("y"),
            Map.of(
                "activation",
                new Attribute.Text("HardSigmoid"),
                "activation_params",
                new Attribute.Reals(List.of(0.3f, 0.4f))));
    String plain = net.op("Add", net.op("Conv", x, w, b), z);
    Map<String, Attribute> slope =
        Map.of("alpha", new Attribute.Real(0.3f), "beta", new Attribute.Real(0.4f));
    Graph expected = net.build(net.op("HardSigmoid", slope, plain));
    Graph given =
        new Graph(
            "given",
            expected.inputs(),
            List.of(new ValueInfo("y", DType.FLOAT32, null, null)),
            expected.constants(),
            List.of(fused),
            Map.of(),
            null);
    Graph optimized = NetworkBuilder.optimize(given);
    assertThat(NetworkBuilder.count(optimized, "dev.lathe.Conv")).isOne();
    float[] wanted = net.evaluate(expected).getFirst().toFloats();
    float[] got = net.evaluate(optimized).getFirst().toFloats();
    assertThat(got).hasSameSizeAs(wanted);
    for (int i = 0; i < got.length; i++) {
      assertThat(got[i]).isCloseTo(wanted[i], within(1e-5f));
    }
  }
}
