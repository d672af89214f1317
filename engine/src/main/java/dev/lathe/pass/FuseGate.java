package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@code x * Sigmoid(x)} Swish and {@code x * HardSigmoid(x)} with the right slope HardSwish,
 * when nothing else reads the gate. Exact: the same operations in one node.
 */
final class FuseGate implements Pass {

  @Override
  public String name() {
    return "fuse-gate";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(
        editor,
        node -> changed[0] |= node.is("Mul") && (fuse(editor, node, 0) || fuse(editor, node, 1)));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean fuse(GraphEditor graph, Node multiply, int side) {
    Node gate = graph.producer(multiply.input(side));
    String value = multiply.input(1 - side);
    if (gate == null
        || !gate.domain().isEmpty()
        || !gate.input(0).equals(value)
        || graph.onlyConsumer(gate.output(0)) == null) {
      return false;
    }
    String fused = fused(gate);
    if (fused == null) {
      return false;
    }
    Map<String, Attribute> attributes =
        fused.equals("Swish") ? Map.of("alpha", new Attribute.Real(1)) : Map.of();
    graph.replace(
        multiply,
        Node.of(multiply.name(), "", fused, List.of(value), multiply.outputs(), attributes));
    graph.remove(gate);
    return true;
  }

  private static @Nullable String fused(Node gate) {
    if (gate.is("Sigmoid")) {
      return "Swish";
    }
    boolean hard =
        gate.is("HardSigmoid")
            && gate.floatAttribute("alpha", 0.2f) == 1 / 6f
            && gate.floatAttribute("beta", 0.5f) == 0.5f;
    return hard ? "HardSwish" : null;
  }
}
