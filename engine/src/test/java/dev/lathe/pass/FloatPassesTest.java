package dev.lathe.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FloatPassesTest {

  private final NetworkBuilder net = new NetworkBuilder();

  /** The optimized graph, after a check that it computes what the plain one does. */
  private Graph optimized(Graph graph) {
    Graph optimized = NetworkBuilder.optimize(graph);
    List<Tensor> expected = net.evaluatePlain(graph);
    List<Tensor> actual = net.evaluate(optimized);
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i).shape()).isEqualTo(expected.get(i).shape());
      float[] wanted = expected.get(i).toFloats();
      float[] got = actual.get(i).toFloats();
      for (int e = 0; e < wanted.length; e++) {
        assertThat(got[e])
            .as("output %d, element %d", i, e)
            .isCloseTo(wanted[e], within(1e-5f + Math.abs(wanted[e]) * 1e-4f));
      }
    }
    return optimized;
  }

  private String residualBlock(String x, int in, int out, int stride) {
    String a = net.conv(x, out, in, 3, stride, 1);
    a = net.op("Relu", net.batchNorm(a, out));
    a = net.batchNorm(net.conv(a, out, out, 3, 1, 1), out);
    String shortcut =
        stride == 1 && in == out ? x : net.batchNorm(net.conv(x, out, in, 1, stride, 1), out);
    return net.op("Relu", net.op("Add", a, shortcut));
  }

  @Test
  void aResidualNetworkKeepsOneTransposeAtItsEntry() {
    String x = net.input("x", 2, 3, 12, 10);
    String stem = net.op("Relu", net.batchNorm(net.conv(x, 8, 3, 3, 1, 1), 8));
    String y = residualBlock(residualBlock(residualBlock(stem, 8, 8, 1), 8, 16, 2), 16, 16, 1);
    y = net.op("Flatten", net.op("GlobalAveragePool", y));
    y = net.op("Gemm", y, net.constant(net.normal(0.2, 16, 5)), net.constant(net.normal(1, 5)));
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.count(result, "Transpose")).isOne();
    assertThat(result.nodes().getFirst().is("Transpose")).isTrue();
    assertThat(NetworkBuilder.ops(result))
        .containsOnly(
            "Transpose", "dev.lathe.Conv", "dev.lathe.GlobalAveragePool", "Reshape", "Gemm");
    assertThat(result.nodes())
        .filteredOn(node -> Edits.isLathe(node, "Conv") && node.hasInput(3))
        .hasSize(3);
  }

  @Test
  void invertedResidualsWithSqueezeAndExcitationStayChannelsLast() {
    String x = net.input("x", 1, 4, 9, 7);
    String e = net.op("HardSwish", net.conv(x, 12, 4, 1, 1, 1));
    e = net.op("HardSwish", net.conv(e, 12, 1, 3, 1, 12));
    String s =
        net.op("ReduceMean", Map.of("axes", Edits.ints(2, 3), "keepdims", new Attribute.Int(0)), e);
    s = net.op("Relu", net.op("Gemm", s, net.constant(net.normal(0.3, 12, 3))));
    s = net.op("HardSigmoid", net.op("Gemm", s, net.constant(net.normal(0.3, 3, 12))));
    s = net.op("Unsqueeze", s, net.ints(2, 3));
    String y = net.op("Mul", e, s);
    y = net.op("Add", net.conv(y, 4, 12, 1, 1, 1), x);
    Graph result = optimized(net.build(y));
    // Entry and exit; the addition reads the transposed entry.
    assertThat(NetworkBuilder.count(result, "Transpose")).isEqualTo(2);
  }

  @Test
  void transposesSinkThroughAxesOfEveryKind() {
    String x = net.input("x", 2, 3, 6, 8);
    String a = net.conv(x, 4, 3, 3, 1, 1);
    String b = net.op("Sigmoid", net.conv(x, 6, 3, 1, 1, 1));
    String y = net.op("Concat", Map.of("axis", new Attribute.Int(1)), a, b);
    y = net.op("Pad", y, net.ints(0, 1, 0, 2, 0, 0, 1, 0));
    y = net.op("Slice", y, net.ints(1, 0), net.ints(9, 5), net.ints(1, 2), net.ints(1, 2));
    y = net.op("Mul", y, net.constant(net.normal(1, 8, 1, 1)));
    y = net.op("Softmax", Map.of("axis", new Attribute.Int(1)), y);
    y = net.conv(y, 5, 8, 3, 2, 1);
    y = net.op("ReduceMax", Map.of("axes", Edits.ints(1), "keepdims", new Attribute.Int(0)), y);
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.count(result, "Transpose")).isOne();
  }

  @Test
  void convolutionsOverOneAxisRun() {
    String x = net.input("x", 2, 3, 20);
    Map<String, Attribute> attributes =
        Map.of("strides", Edits.ints(2), "pads", Edits.ints(1, 2), "kernel_shape", Edits.ints(5));
    String y = net.op("Conv", attributes, x, net.constant(net.normal(0.3, 4, 3, 5)));
    y = net.op("MaxPool", Map.of("kernel_shape", Edits.ints(2)), net.op("Relu", y));
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.count(result, "dev.lathe.Conv")).isOne();
    assertThat(NetworkBuilder.count(result, "dev.lathe.MaxPool")).isOne();
    assertThat(NetworkBuilder.count(result, "Transpose")).isLessThanOrEqualTo(2);
  }

  @Test
  void aSingleChannelNeedsNoTranspose() {
    String x = net.input("x", 1, 1, 6, 6);
    String y = net.op("GlobalAveragePool", net.op("Relu", net.conv(x, 4, 1, 3, 1, 1)));
    assertThat(NetworkBuilder.ops(optimized(net.build(y))))
        .containsExactly("Reshape", "dev.lathe.Conv", "dev.lathe.GlobalAveragePool", "Reshape");
  }

  @Test
  void batchNormAloneBecomesADepthwiseConvolution() {
    String x = net.input("x", 2, 6, 5, 5);
    String y = net.op("Relu", net.batchNorm(net.op("Exp", x), 6));
    Graph result = optimized(net.build(net.conv(y, 3, 6, 3, 1, 1)));
    assertThat(NetworkBuilder.count(result, "dev.lathe.Conv")).isEqualTo(2);
    assertThat(NetworkBuilder.count(result, "Relu")).isZero();
  }

  @Test
  void batchNormIsNotFoldedIntoAConvolutionWithOtherReaders() {
    String conv = net.conv(net.input("x", 1, 3, 4, 4), 4, 3, 1, 1, 1);
    Graph graph = net.build(net.op("Mul", conv, net.batchNorm(conv, 4)));
    assertThat(new FoldBatchNorm().apply(graph, NetworkBuilder.context(graph, new Notes())))
        .isSameAs(graph);
    optimized(graph);
  }

  @Test
  void batchNormFoldsIntoGemmWithBothOrientations() {
    String x = net.input("x", 3, 7);
    Map<String, Attribute> transposed =
        Map.of(
            "transB", new Attribute.Int(1),
            "alpha", new Attribute.Real(0.5f),
            "beta", new Attribute.Real(2f));
    String weights = net.constant(net.normal(0.3, 5, 7));
    String y = net.op("Gemm", transposed, x, weights, net.constant(net.normal(1, 5)));
    y = net.op("Relu", net.batchNorm(y, 5));
    y = net.batchNorm(net.op("Gemm", y, net.constant(net.normal(0.4, 5, 4))), 4);
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.ops(result)).containsExactly("dev.lathe.Gemm", "Gemm");
  }

  @Test
  void channelwiseArithmeticFoldsIntoWeights() {
    String y = net.conv(net.input("x", 1, 3, 5, 5), 4, 3, 3, 1, 1);
    y = net.op("Mul", net.constant(net.normal(1, 4, 1, 1)), y);
    y = net.op("Add", y, net.constant(net.normal(1, 1, 4, 1, 1)));
    y = net.op("Sub", y, net.scalar(0.25f));
    y = net.op("Div", y, net.constant(net.uniform(0.5, 2, 4, 1, 1)));
    y = net.op("Clip", y, net.scalar(-1), net.scalar(0.75f));
    y = net.op("Relu", y);
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.ops(result))
        .containsExactly("Transpose", "dev.lathe.Conv", "Transpose");
    Node conv = result.nodes().get(1);
    assertThat(conv.floatAttribute("min", -1)).isZero();
    assertThat(conv.floatAttribute("max", -1)).isEqualTo(0.75f);
  }

  @Test
  void anOperandAlongTheWidthIsNotTakenForChannels() {
    String y = net.conv(net.input("x", 1, 3, 5, 4), 4, 3, 3, 1, 1);
    Graph graph = net.build(net.op("Mul", y, net.constant(net.normal(1, 4))));
    assertThat(NetworkBuilder.count(optimized(graph), "Mul")).isOne();
  }

  @Test
  void noOpsDisappear() {
    String x = net.input("x", 1, 2, 3, 4);
    String y = net.op("Dropout", net.op("Identity", x));
    y = net.op("Transpose", Map.of("perm", Edits.ints(0, 2, 3, 1)), y);
    y = net.op("Transpose", Map.of("perm", Edits.ints(0, 3, 1, 2)), y);
    y = net.op("Reshape", net.op("Reshape", y, net.ints(6, 4)), net.ints(2, -1));
    y =
        net.op(
            "Pad", net.op("Concat", Map.of("axis", new Attribute.Int(0)), y), net.ints(0, 0, 0, 0));
    y = net.op("Exp", y);
    assertThat(NetworkBuilder.ops(optimized(net.build(y)))).containsExactly("Reshape", "Exp");
  }

  @Test
  void arithmeticOnShapesBecomesConstant() {
    String x = net.input("x", 2, 3, 4, 5);
    String shape = net.op("Shape", x);
    String batch = net.op("Gather", shape, net.ints(0));
    String target = net.op("Concat", Map.of("axis", new Attribute.Int(0)), batch, net.ints(-1));
    Graph result = optimized(net.build(net.op("Exp", net.op("Reshape", x, target))));
    assertThat(NetworkBuilder.ops(result)).containsExactly("Reshape", "Exp");
  }

  @Test
  void constantNodesAndTheirUsersFold() {
    String x = net.input("x", 2, 2);
    String c = net.op("Constant", Map.of("value", new Attribute.OfTensor(Tensor.scalar(2))));
    String y = net.op("Mul", x, net.op("Exp", c));
    assertThat(NetworkBuilder.ops(optimized(net.build(y)))).containsExactly("Mul");
  }

  @Test
  void quantizedWeightsSurviveTheFirstFolding() {
    String x = net.input("x", 2, 2);
    String q =
        net.op(
            "DequantizeLinear",
            net.constant(Tensor.of(DType.INT8, new byte[] {1, 2, 3, 4}, 2, 2)),
            net.scalar(0.5f));
    Graph graph = net.build(net.op("Sub", x, q));
    assertThat(NetworkBuilder.ops(NetworkBuilder.run(graph, FoldConstants.keepingQuantized())))
        .containsExactly("DequantizeLinear", "Sub");
    assertThat(NetworkBuilder.ops(NetworkBuilder.run(graph, FoldConstants.all())))
        .containsExactly("Sub");
  }

  @Test
  void equalNodesAreComputedOnce() {
    String x = net.input("x", 1, 3, 4, 4);
    String y = net.op("Add", net.conv(x, 2, 3, 3, 1, 1), net.conv(x, 2, 3, 1, 1, 1));
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.ops(result))
        .containsExactly("Transpose", "dev.lathe.Conv", "dev.lathe.Conv", "Transpose");
  }

  @Test
  void graphOutputsInsideTheNetworkKeepTheirNamesAndLayout() {
    String x = net.input("x", 1, 3, 4, 4);
    String a = net.conv(x, 2, 3, 3, 1, 1);
    String b = net.op("Relu", a);
    Graph result = optimized(net.build(a, b, net.op("Identity", x)));
    assertThat(result.outputs()).extracting(output -> output.name()).contains(a, b);
  }
}
