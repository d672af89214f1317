package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes Transposes that move no element Reshapes, merges chains of views (Reshape, Flatten,
 * Squeeze, Unsqueeze) and removes those that keep the shape.
 */
final class SimplifyViews implements Pass {

  private static final List<String> VIEWS =
      List.of("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity");

  @Override
  public String name() {
    return "simplify-views";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    Facts facts = context.facts(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= visit(editor, facts, node));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean visit(GraphEditor graph, Facts facts, Node node) {
    if (!isView(facts, node)) {
      return false;
    }
    Shape result = shape(facts, node.output(0));
    Node producer = graph.producer(node.input(0));
    boolean chained = producer != null && isView(facts, producer);
    String source = chained && producer != null ? producer.input(0) : node.input(0);
    Shape from = shape(facts, source);
    if (result == null || from == null) {
      return false;
    }
    if (from.equals(result)) {
      Edits.bypass(graph, node, source);
      return true;
    }
    // A dimension of 0 in a Reshape's operand means another thing.
    boolean expressible = Arrays.stream(result.dims()).noneMatch(dim -> dim == 0);
    if (!expressible || (!chained && !node.is("Transpose"))) {
      return false;
    }
    graph.replace(node, Edits.reshape(graph, source, node.output(0), result.dims()));
    return true;
  }

  private static boolean isView(Facts facts, Node node) {
    if (node.domain().isEmpty() && VIEWS.contains(node.opType())) {
      return true;
    }
    Permutation permutation = Permutation.of(node);
    Shape operand = shape(facts, node.input(0));
    return permutation != null
        && operand != null
        && operand.rank() == permutation.rank()
        && permutation.keepsOrder(operand);
  }

  private static @Nullable Shape shape(Facts facts, String value) {
    TensorFact fact = facts.find(value);
    return fact == null ? null : fact.shape();
  }
}
