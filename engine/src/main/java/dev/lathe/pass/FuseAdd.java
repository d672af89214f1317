package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes an addition to the result of an NHWC convolution part of its epilogue, when nothing else
 * reads that result. Exact: the same sum in the same order. Of two candidates the one computed last
 * takes the other as its addend.
 */
final class FuseAdd implements Pass {

  private static final int ADDEND = 3;

  @Override
  public String name() {
    return "fuse-add";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    Facts facts = context.facts(graph);
    Map<String, Integer> positions = new HashMap<>();
    for (Node node : graph.nodes()) {
      positions.put(node.name(), positions.size());
    }
    boolean[] changed = {false};
    Edits.forEach(
        editor,
        node -> {
          boolean adds = node.is("Add") || (node.is("Sum") && node.inputs().size() == 2);
          if (adds) {
            int later = later(editor, node, positions);
            changed[0] |= fuse(editor, facts, node, later) || fuse(editor, facts, node, 1 - later);
          }
        });
    return changed[0] ? editor.toGraph() : graph;
  }

  private static int later(GraphEditor graph, Node add, Map<String, Integer> positions) {
    Node lhs = graph.producer(add.input(0));
    Node rhs = graph.producer(add.input(1));
    int first = lhs == null ? -1 : positions.getOrDefault(lhs.name(), -1);
    int second = rhs == null ? -1 : positions.getOrDefault(rhs.name(), -1);
    return second > first ? 1 : 0;
  }

  private static boolean fuse(GraphEditor graph, Facts facts, Node add, int side) {
    String product = add.input(side);
    String addend = add.input(1 - side);
    Node conv = graph.producer(product);
    if (conv == null
        || !Edits.isLathe(conv, "Conv")
        || conv.hasInput(ADDEND)
        || conv.attributes().containsKey("min")
        || conv.attributes().containsKey("max")
        || graph.onlyConsumer(product) == null
        || product.equals(addend)) {
      return false;
    }
    Shape result = facts.get(add.output(0)).shape();
    if (!facts.get(product).shape().equals(result) || !facts.get(addend).shape().equals(result)) {
      return false;
    }
    graph.replace(add, conv.withInput(ADDEND, addend).withOutputs(List.of(add.output(0))));
    graph.remove(conv);
    return true;
  }
}
