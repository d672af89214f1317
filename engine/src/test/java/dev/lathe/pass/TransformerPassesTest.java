package dev.lathe.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Recognition of decomposed operators: each must be found, or left alone, and keep its meaning. */
class TransformerPassesTest {

  private static final float CLOSE = 2e-5f;

  private final NetworkBuilder net = new NetworkBuilder();

  /** Runs all passes and compares with the network computed node by node. */
  private Graph optimized(Graph graph) {
    Graph result = NetworkBuilder.optimize(graph);
    List<Tensor> expected = net.evaluatePlain(graph);
    List<Tensor> actual = net.evaluate(result);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i).shape()).isEqualTo(expected.get(i).shape());
      for (int at = 0; at < expected.get(i).elements(); at++) {
        float e = expected.get(i).f32(at);
        assertThat(Math.abs(actual.get(i).f32(at) - e))
            .as("output %d, element %d", i, at)
            .isLessThanOrEqualTo(CLOSE * Math.max(1, Math.abs(e)));
      }
    }
    return result;
  }

  private String mean(String x) {
    return net.op("ReduceMean", Map.of("axes", Edits.ints(-1)), x);
  }

  private String squared(String x, boolean asPower) {
    return asPower ? net.op("Pow", x, net.scalar(2)) : net.op("Mul", x, x);
  }

  private String divided(String x, String root, boolean reciprocal) {
    return reciprocal ? net.op("Mul", x, net.op("Reciprocal", root)) : net.op("Div", x, root);
  }

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true", "false, false"})
  void layerNormalization(boolean asPower, boolean reciprocal) {
    String x = net.input("x", 2, 5, 24);
    String d = net.op("Sub", x, mean(x));
    String variance = mean(squared(d, asPower));
    String root = net.op("Sqrt", net.op("Add", variance, net.scalar(1e-3f)));
    String y = net.op("Mul", divided(d, root, reciprocal), net.constant(net.normal(1, 24)));
    y = net.op("Add", net.constant(net.normal(1, 24)), y);
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.ops(result)).containsExactly("LayerNormalization");
    assertThat(result.nodes().getFirst().floatAttribute("epsilon", 0)).isEqualTo(1e-3f);
  }

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true", "false, false"})
  void rootMeanSquare(boolean asPower, boolean reciprocal) {
    String x = net.input("x", 2, 5, 24);
    String root = net.op("Sqrt", net.op("Add", mean(squared(x, asPower)), net.scalar(1e-3f)));
    String y = net.op("Mul", net.constant(net.normal(1, 24)), divided(x, root, reciprocal));
    y = net.op("Add", y, net.constant(net.normal(1, 24)));
    assertThat(NetworkBuilder.ops(optimized(net.build(y))))
        .containsExactly("SimplifiedLayerNormalization", "Add");
  }

  @Test
  void normalizationWithoutScale() {
    String x = net.input("x", 3, 24);
    String d = net.op("Sub", x, mean(x));
    String root = net.op("Sqrt", net.op("Add", mean(squared(d, true)), net.scalar(1e-3f)));
    String y = net.op("Exp", net.op("Div", d, root));
    assertThat(NetworkBuilder.ops(optimized(net.build(y))))
        .containsExactly("LayerNormalization", "Exp");
  }

  @Test
  void normalizationOfAnotherAxisIsLeftAlone() {
    String x = net.input("x", 3, 24, 6);
    Map<String, Attribute> middle = Map.of("axes", Edits.ints(1));
    String d = net.op("Sub", x, net.op("ReduceMean", middle, x));
    String variance = net.op("ReduceMean", middle, squared(d, true));
    String root = net.op("Sqrt", net.op("Add", variance, net.scalar(1e-3f)));
    assertThat(NetworkBuilder.ops(optimized(net.build(net.op("Div", d, root)))))
        .doesNotContain("LayerNormalization");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void exactGelu(int order) {
    String x = net.input("x", 3, 40);
    String scaled =
        order == 0
            ? net.op("Div", x, net.scalar((float) Math.sqrt(2)))
            : net.op("Mul", x, net.scalar(0.70710677f));
    gelu(x, net.op("Erf", scaled), order, "none");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void tanhGelu(int order) {
    String x = net.input("x", 3, 40);
    String inner;
    if (order == 2) {
      String square = net.op("Mul", net.op("Mul", x, net.scalar(0.044715f)), x);
      String plusOne = net.op("Add", square, net.scalar(1));
      inner = net.op("Mul", net.op("Mul", x, net.scalar(0.7978846f)), plusOne);
    } else {
      String cube =
          order == 0 ? net.op("Pow", x, net.scalar(3)) : net.op("Mul", x, net.op("Mul", x, x));
      String sum = net.op("Add", x, net.op("Mul", net.scalar(0.044715f), cube));
      inner = net.op("Mul", net.scalar(0.7978846f), sum);
    }
    gelu(x, net.op("Tanh", inner), order, "tanh");
  }

  private void gelu(String x, String curve, int order, String approximate) {
    String sum = net.op("Add", curve, net.scalar(1));
    String half = net.scalar(0.5f);
    String y =
        switch (order) {
          case 0 -> net.op("Mul", net.op("Mul", x, sum), half);
          case 1 -> net.op("Mul", net.op("Mul", x, half), sum);
          default -> net.op("Mul", x, net.op("Mul", half, sum));
        };
    Graph result = optimized(net.build(y));
    assertThat(NetworkBuilder.ops(result)).containsExactly("Gelu");
    assertThat(result.nodes().getFirst().textAttribute("approximate", "")).isEqualTo(approximate);
  }

  @Test
  void aCurveWithAnotherReaderIsLeftAlone() {
    String x = net.input("x", 3, 40);
    String sum =
        net.op("Add", net.op("Erf", net.op("Mul", x, net.scalar(0.70710677f))), net.scalar(1));
    String y = net.op("Mul", net.op("Mul", x, sum), net.scalar(0.5f));
    assertThat(NetworkBuilder.ops(optimized(net.build(y, net.op("Exp", sum)))))
        .doesNotContain("Gelu");
  }

  @Test
  void productTakesBiasAndResidual() {
    String x = net.input("x", 2, 5, 24);
    String product = net.op("MatMul", x, net.constant(net.normal(0.2, 24, 24)));
    String y = net.op("Add", net.constant(net.normal(1, 24)), product);
    Graph result = optimized(net.build(net.op("Add", x, y)));
    assertThat(NetworkBuilder.ops(result)).containsExactly("dev.lathe.MatMul");
    assertThat(result.nodes().getFirst().inputs()).hasSize(4);
  }

  @Test
  void productWithOtherReadersStays() {
    String x = net.input("x", 2, 5, 24);
    String product = net.op("MatMul", x, net.constant(net.normal(0.2, 24, 24)));
    String y = net.op("Add", product, net.constant(net.normal(1, 24)));
    assertThat(NetworkBuilder.ops(optimized(net.build(y, net.op("Exp", product)))))
        .contains("MatMul", "Add");
  }

  private String projected(String x, int... permutation) {
    String heads = net.op("Reshape", x, net.ints(2, -1, 3, 8));
    return transposed(heads, permutation);
  }

  private String transposed(String x, int... permutation) {
    long[] axes = java.util.Arrays.stream(permutation).asLongStream().toArray();
    return net.op("Transpose", Map.of("perm", Edits.ints(axes)), x);
  }

  private String softmax(String x) {
    return net.op("Softmax", Map.of("axis", new Attribute.Int(-1)), x);
  }

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true", "false, false"})
  void attentionBetweenProjections(boolean scaled, boolean masked) {
    String q = projected(net.input("q", 2, 5, 24), 0, 2, 1, 3);
    String k = projected(net.input("k", 2, 7, 24), 0, 2, 3, 1);
    String v = projected(net.input("v", 2, 7, 24), 0, 2, 1, 3);
    String scores = net.op("MatMul", q, k);
    scores = scaled ? net.op("Div", scores, net.scalar((float) Math.sqrt(8))) : scores;
    scores = masked ? net.op("Add", scores, net.constant(net.normal(1, 2, 1, 1, 7))) : scores;
    String y = transposed(net.op("MatMul", softmax(scores), v), 0, 2, 1, 3);
    Graph result = optimized(net.build(net.op("Reshape", y, net.ints(2, 5, 24))));
    assertThat(NetworkBuilder.ops(result)).containsExactly("Attention");
    Node attention = result.nodes().getFirst();
    assertThat(attention.inputs().subList(0, 3)).containsExactly("q", "k", "v");
    assertThat(attention.floatAttribute("scale", 0))
        .isEqualTo(scaled ? 1 / (float) Math.sqrt(8) : 1);
  }

  @Test
  void keysTransposedTwice() {
    String q = projected(net.input("q", 2, 5, 24), 0, 2, 1, 3);
    String k = transposed(projected(net.input("k", 2, 7, 24), 0, 2, 1, 3), 0, 1, 3, 2);
    String v = projected(net.input("v", 2, 7, 24), 0, 2, 1, 3);
    String y = net.op("MatMul", softmax(net.op("MatMul", q, k)), v);
    y = transposed(y, 0, 2, 1, 3);
    Graph result = optimized(net.build(net.op("Reshape", y, net.ints(2, 5, 24))));
    assertThat(NetworkBuilder.ops(result)).containsExactly("Attention");
  }

  @Test
  void attentionOverHeadsAlone() {
    String q = net.input("q", 2, 3, 5, 8);
    String k = net.input("k", 2, 3, 8, 7);
    String v = net.input("v", 2, 3, 7, 6);
    String y = net.op("MatMul", softmax(net.op("MatMul", q, k)), v);
    Graph result = optimized(net.build(net.op("Exp", y)));
    assertThat(NetworkBuilder.ops(result)).containsExactly("Transpose", "Attention", "Exp");
  }

  @Test
  void weightsThatAreReadOtherwiseStay() {
    String q = net.input("q", 2, 3, 5, 8);
    String k = net.input("k", 2, 3, 8, 7);
    String weights = softmax(net.op("MatMul", q, k));
    String y = net.op("MatMul", weights, net.input("v", 2, 3, 7, 6));
    assertThat(NetworkBuilder.ops(optimized(net.build(y, weights)))).doesNotContain("Attention");
  }
}
