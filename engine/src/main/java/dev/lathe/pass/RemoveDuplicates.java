package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Computes once what equal nodes over equal inputs compute. */
final class RemoveDuplicates implements Pass {

  private static final Set<String> RANDOM =
      Set.of(
          "RandomNormal",
          "RandomNormalLike",
          "RandomUniform",
          "RandomUniformLike",
          "Bernoulli",
          "Multinomial",
          "Dropout");

  /** What two nodes have in common when one is enough. */
  private record Key(
      String domain,
      String opType,
      List<String> inputs,
      int outputs,
      Map<String, Attribute> attributes) {}

  @Override
  public String name() {
    return "remove-duplicates";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    Map<Key, String> first = new HashMap<>();
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= visit(editor, node, first));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean visit(GraphEditor graph, Node node, Map<Key, String> first) {
    if (!mayShare(graph, node)) {
      return false;
    }
    Key key =
        new Key(
            node.domain(), node.opType(), node.inputs(), node.outputs().size(), node.attributes());
    String known = first.putIfAbsent(key, node.name());
    Node original = known == null ? null : graph.node(known);
    if (original == null) {
      return false;
    }
    for (int i = 0; i < node.outputs().size(); i++) {
      if (!node.output(i).isEmpty() && !original.output(i).isEmpty()) {
        graph.replaceUses(node.output(i), original.output(i));
      }
    }
    return true;
  }

  /** Graph outputs keep their own producers; bodies are not compared. */
  private static boolean mayShare(GraphEditor graph, Node node) {
    return !RANDOM.contains(node.opType())
        && node.outputs().stream().noneMatch(graph::isOutput)
        && node.attributes().values().stream()
            .noneMatch(
                value ->
                    value instanceof Attribute.OfGraph
                        || value instanceof Attribute.OfGraphs
                        || value instanceof Attribute.Opaque);
  }
}
