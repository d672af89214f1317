package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.op.OldBroadcast;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives element-wise operators of opset 6 and earlier operands that broadcast numpy's way, so that
 * later passes need to know only that.
 */
final class AlignOldBroadcasts implements Pass {

  @Override
  public String name() {
    return "align-old-broadcasts";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    if (context.opset() >= 7) {
      return graph;
    }
    GraphEditor editor = GraphEditor.of(graph);
    Edits.forEach(editor, node -> visit(editor, node, context.opset()));
    return editor.toGraph();
  }

  private static void visit(GraphEditor graph, Node node, long opset) {
    if (!OldBroadcast.applies(node, opset)) {
      return;
    }
    String aligned = graph.freshName(node.input(1) + "/aligned");
    Map<String, Attribute> axis = new LinkedHashMap<>();
    Map<String, Attribute> rest = new LinkedHashMap<>();
    node.attributes().forEach((key, value) -> (key.equals("axis") ? axis : rest).put(key, value));
    Node align =
        Node.of(
            graph.freshName(node.name() + "/align"),
            Node.LATHE_DOMAIN,
            OldBroadcast.ALIGN,
            List.of(node.input(0), node.input(1)),
            List.of(aligned),
            axis);
    Node plain =
        new Node(
            node.name(),
            node.domain(),
            node.opType(),
            List.of(node.input(0), aligned),
            node.outputs(),
            rest,
            node.metadata(),
            node.opaque());
    graph.replace(node, align, plain);
  }
}
