package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.DType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Recognizes Gelu in the pieces it was exported in before opset 20 and puts one operator in their
 * place. Equal up to rounding.
 *
 * <pre>
 * x * 0.5 * (1 + erf(x / sqrt 2))                                      exact
 * x * 0.5 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))            approximated
 * x * 0.5 * (1 + tanh(sqrt(2 / pi) * x * (1 + 0.044715 * x^2)))        likewise
 * </pre>
 *
 * <p>Factors may come in any order.
 */
final class FuseGelu implements Pass {

  private static final float SQRT_HALF = (float) Math.sqrt(0.5);
  private static final float SQRT_2_OVER_PI = (float) Math.sqrt(2 / Math.PI);
  private static final float CUBIC = 0.044715f;

  @Override
  public String name() {
    return "fuse-gelu";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    Facts facts = context.facts(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= fuse(editor, facts, node));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean fuse(GraphEditor graph, Facts facts, Node node) {
    boolean exact = node.is("Erf");
    String x =
        exact ? erfArgument(graph, node) : node.is("Tanh") ? tanhArgument(graph, node) : null;
    TensorFact fact = x == null ? null : facts.find(x);
    if (x == null || fact == null || fact.dtype() != DType.FLOAT32) {
      return false;
    }
    Node sum = Pattern.consumer(graph, node.output(0), "Add");
    Pattern.Scaled plusOne = sum == null ? null : Pattern.scaled(graph, sum);
    Node last =
        sum != null && plusOne != null && plusOne.scalar() == 1
            ? halvedProduct(graph, sum.output(0), x)
            : null;
    if (last == null) {
      return false;
    }
    graph.replace(
        last,
        Node.of(
            last.name(),
            "",
            "Gelu",
            List.of(x),
            last.outputs(),
            Map.of("approximate", new Attribute.Text(exact ? "none" : "tanh"))));
    return true;
  }

  private static @Nullable String erfArgument(GraphEditor graph, Node erf) {
    Pattern.Scaled scaled = Pattern.factor(graph, graph.producer(erf.input(0)));
    return scaled != null && scaled.isBy(SQRT_HALF) ? scaled.value() : null;
  }

  private static @Nullable String tanhArgument(GraphEditor graph, Node tanh) {
    Pattern.Scaled scaled = Pattern.scaled(graph, tanh.input(0), "Mul");
    if (scaled != null && scaled.isBy(SQRT_2_OVER_PI)) {
      return sumOfCube(graph, scaled.value());
    }
    Node product = Pattern.producer(graph, tanh.input(0), "Mul");
    for (int side = 0; product != null && side < 2; side++) {
      Pattern.Scaled linear = Pattern.scaled(graph, product.input(side), "Mul");
      if (linear != null
          && linear.isBy(SQRT_2_OVER_PI)
          && isOnePlusSquare(graph, product.input(1 - side), linear.value())) {
        return linear.value();
      }
    }
    return null;
  }

  /** x when a value is x + 0.044715 x^3, else null. */
  private static @Nullable String sumOfCube(GraphEditor graph, String value) {
    Node sum = Pattern.producer(graph, value, "Add");
    for (int side = 0; sum != null && side < 2; side++) {
      String x = sum.input(1 - side);
      Pattern.Scaled cube = Pattern.scaled(graph, sum.input(side), "Mul");
      if (cube != null && cube.isBy(CUBIC) && Pattern.isCube(graph, cube.value(), x)) {
        return x;
      }
    }
    return null;
  }

  private static boolean isOnePlusSquare(GraphEditor graph, String value, String x) {
    Pattern.Scaled sum = Pattern.scaled(graph, value, "Add");
    if (sum == null || sum.scalar() != 1) {
      return false;
    }
    Pattern.Scaled square = Pattern.scaled(graph, sum.value(), "Mul");
    if (square != null && square.isBy(CUBIC) && Pattern.isSquare(graph, square.value(), x)) {
      return true;
    }
    Node product = Pattern.producer(graph, sum.value(), "Mul");
    String rest = product == null ? null : Pattern.other(product, x);
    Pattern.Scaled scaled = rest == null ? null : Pattern.scaled(graph, rest, "Mul");
    return scaled != null && scaled.isBy(CUBIC) && scaled.value().equals(x);
  }

  /** The product that has multiplied {@code value} by x and 0.5 and nothing else, or null. */
  private static @Nullable Node halvedProduct(GraphEditor graph, String value, String x) {
    boolean needsX = true;
    boolean needsHalf = true;
    String current = value;
    while (true) {
      Node product = Pattern.consumer(graph, current, "Mul");
      String factor = product == null ? null : Pattern.other(product, current);
      if (product == null || factor == null) {
        return null;
      }
      Float scalar = Edits.scalar(graph, factor);
      Pattern.Scaled both = Pattern.scaled(graph, factor, "Mul");
      if (needsX && factor.equals(x)) {
        needsX = false;
      } else if (needsHalf && scalar != null && scalar == 0.5f) {
        needsHalf = false;
      } else if (needsX
          && needsHalf
          && both != null
          && both.scalar() == 0.5f
          && both.value().equals(x)) {
        return product;
      } else {
        return null;
      }
      if (!needsX && !needsHalf) {
        return product;
      }
      current = product.output(0);
    }
  }
}
