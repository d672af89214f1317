package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Moves Transposes from before a node to after it, where the node allows, until they meet their
 * inverse and vanish or reach an operator that needs the order. One sweep in data flow order is
 * enough, since what it moves lands in front of nodes still to come. Exact: elements are computed
 * by the same operations in another order.
 */
final class SinkTransposes implements Pass {

  @Override
  public String name() {
    return "sink-transposes";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    Sweep sweep = new Sweep(GraphEditor.of(graph), context.facts(graph), context.opset());
    return sweep.run() ? sweep.graph.toGraph() : graph;
  }

  private static final class Sweep {
    final GraphEditor graph;
    private final Facts facts;
    private final long opset;

    /** Shapes of the values this sweep makes. */
    private final Map<String, Shape> made = new HashMap<>();

    Sweep(GraphEditor graph, Facts facts, long opset) {
      this.graph = graph;
      this.facts = facts;
      this.opset = opset;
    }

    boolean run() {
      boolean[] changed = {false};
      Edits.forEach(graph, node -> changed[0] |= visit(node));
      return changed[0];
    }

    private @Nullable Shape shape(String value) {
      TensorFact fact = facts.find(value);
      return fact == null ? made.get(value) : fact.shape();
    }

    private boolean visit(Node node) {
      if (node.is("Transpose")) {
        return Edits.mergeTransposes(graph, node);
      }
      TransposeRule rule = TransposeRule.of(node, opset);
      if (rule == null) {
        return false;
      }
      TransposedView view = TransposedView.of(graph, this::shape, node, rule.operands());
      if (view == null || !fits(node, rule, view)) {
        return false;
      }
      AxisRemap.Remapped remapped = rule.remap(graph, node, view.permutation());
      if (remapped == null) {
        return false;
      }
      Node moved = remapped.node();
      for (int operand : rule.operands()) {
        if (node.hasInput(operand)) {
          moved = moved.withInput(operand, view.operand(node.input(operand)));
        }
      }
      replace(node, moved, remapped.permutation(), view.added());
      return true;
    }

    private boolean fits(Node node, TransposeRule rule, TransposedView view) {
      Shape result = shape(node.output(0));
      if (result == null || (!rule.reduces() && result.rank() != view.permutation().rank())) {
        return false;
      }
      for (int operand : rule.operands()) {
        String value = node.input(operand);
        if (value.isEmpty()) {
          continue;
        }
        Shape own = shape(value);
        boolean broadcasts = own == null || !result.equals(own);
        if (!view.reaches(value) || (broadcasts && !rule.broadcasts())) {
          return false;
        }
      }
      return true;
    }

    /** Puts the moved node in place, its outputs permuted back. */
    private void replace(Node node, Node moved, Permutation permutation, List<Node> before) {
      List<Node> nodes = new ArrayList<>(before);
      List<Node> after = new ArrayList<>();
      List<String> outputs = new ArrayList<>();
      for (String output : node.outputs()) {
        Shape shape = output.isEmpty() ? null : shape(output);
        if (shape == null || permutation.isIdentity()) {
          outputs.add(output);
          continue;
        }
        String inner = graph.freshName(output + "/permuted");
        made.put(inner, shape.permute(permutation.inverse().axes()));
        outputs.add(inner);
        after.add(Edits.transpose(graph, inner, output, permutation.axes()));
      }
      nodes.add(moved.withOutputs(outputs));
      nodes.addAll(after);
      graph.replace(node, nodes.toArray(Node[]::new));
    }
  }
}
