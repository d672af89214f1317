package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Recognizes normalizations over the last axis that were exported in pieces and puts one operator
 * in their place. Equal up to rounding.
 *
 * <pre>
 * d = x - mean(x)   y = d / sqrt(mean(d^2) + epsilon)      LayerNormalization
 *                   y = x / sqrt(mean(x^2) + epsilon)      SimplifiedLayerNormalization (RMS)
 * then y * scale, or y * scale + bias, of constants
 * </pre>
 *
 * <p>A division may be a product with the reciprocal, a square a product or a power.
 */
final class FuseLayerNormalization implements Pass {

  @Override
  public String name() {
    return "fuse-layer-normalization";
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
    Quotient quotient = Quotient.of(graph, node);
    Pattern.Scaled sum = quotient == null ? null : Pattern.scaled(graph, quotient.radicand, "Add");
    if (quotient == null || sum == null) {
      return false;
    }
    Node variance = Pattern.producer(graph, sum.value(), "ReduceMean");
    if (variance == null
        || !Pattern.isSquare(graph, variance.input(0), quotient.numerator)
        || !isOverLastAxis(graph, facts, variance)) {
      return false;
    }
    String source = centredSource(graph, facts, quotient.numerator);
    String x = source == null ? quotient.numerator : source;
    TensorFact fact = facts.find(x);
    if (fact == null || fact.dtype() != DType.FLOAT32) {
      return false;
    }
    replace(graph, node, x, source != null, sum.scalar(), fact.shape().dim(-1));
    return true;
  }

  /** A value divided by the root of another. */
  private record Quotient(String numerator, String radicand) {

    static @Nullable Quotient of(GraphEditor graph, Node node) {
      if (node.is("Div")) {
        Node root = Pattern.producer(graph, node.input(1), "Sqrt");
        return root == null ? null : new Quotient(node.input(0), root.input(0));
      }
      for (int side = 0; node.is("Mul") && side < 2; side++) {
        Node reciprocal = graph.producer(node.input(side));
        String root = reciprocal == null ? null : inverted(graph, reciprocal);
        Node square = root == null ? null : Pattern.producer(graph, root, "Sqrt");
        if (square != null) {
          return new Quotient(node.input(1 - side), square.input(0));
        }
      }
      return null;
    }

    private static @Nullable String inverted(GraphEditor graph, Node node) {
      if (node.is("Reciprocal")) {
        return node.input(0);
      }
      Float numerator = node.is("Div") ? Edits.scalar(graph, node.input(0)) : null;
      return numerator != null && numerator == 1 ? node.input(1) : null;
    }
  }

  private static boolean isOverLastAxis(GraphEditor graph, Facts facts, Node reduction) {
    long[] axes = Pattern.axes(graph, reduction);
    TensorFact fact = facts.find(reduction.input(0));
    return axes != null
        && axes.length == 1
        && fact != null
        && (axes[0] == -1 || axes[0] == fact.shape().rank() - 1)
        && reduction.intAttribute("keepdims", 1) == 1;
  }

  /** x when a value is x minus its mean, else null. */
  private static @Nullable String centredSource(GraphEditor graph, Facts facts, String value) {
    Node difference = Pattern.producer(graph, value, "Sub");
    Node mean =
        difference == null ? null : Pattern.producer(graph, difference.input(1), "ReduceMean");
    return difference != null
            && mean != null
            && mean.input(0).equals(difference.input(0))
            && isOverLastAxis(graph, facts, mean)
        ? difference.input(0)
        : null;
  }

  private static void replace(
      GraphEditor graph, Node quotient, String x, boolean centred, float epsilon, long length) {
    Node last = quotient;
    String scale = null;
    String bias = "";
    Node product = Pattern.consumer(graph, last.output(0), "Mul");
    if (product != null) {
      scale = row(graph, product, last.output(0), length);
      last = scale == null ? last : product;
    }
    Node sum = centred && scale != null ? Pattern.consumer(graph, last.output(0), "Add") : null;
    String addend = sum == null ? null : row(graph, sum, last.output(0), length);
    if (sum != null && addend != null) {
      bias = addend;
      last = sum;
    }
    if (scale == null) {
      float[] ones = new float[Math.toIntExact(length)];
      Arrays.fill(ones, 1);
      scale = graph.addConstant(quotient.output(0) + "/ones", Tensor.of(ones, length));
    }
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    attributes.put("axis", new Attribute.Int(-1));
    attributes.put("epsilon", new Attribute.Real(epsilon));
    graph.replace(
        last,
        Node.of(
            last.name(),
            "",
            centred ? "LayerNormalization" : "SimplifiedLayerNormalization",
            bias.isEmpty() ? List.of(x, scale) : List.of(x, scale, bias),
            last.outputs(),
            attributes));
  }

  /** The other operand of a node when it is a constant row, else null. */
  private static @Nullable String row(GraphEditor graph, Node node, String value, long length) {
    String operand = Pattern.other(node, value);
    Tensor tensor = operand == null ? null : Edits.floats(graph, operand);
    return tensor != null && tensor.shape().equals(Shape.of(length)) ? operand : null;
  }
}
