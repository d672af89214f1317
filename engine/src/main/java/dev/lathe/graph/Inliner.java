package dev.lathe.graph;

import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts the body of a node (a branch of If, a function) in the node's place. What the body defines
 * gets fresh names.
 */
public final class Inliner {

  private final GraphEditor editor;
  private final Map<String, String> renamed = new HashMap<>();

  private Inliner(GraphEditor editor) {
    this.editor = editor;
  }

  /**
   * Replaces {@code site} by the nodes of {@code body}.
   *
   * @param arguments names of the values the inputs of the body stand for; the empty string for an
   *     omitted one
   * @throws dev.lathe.error.InvalidModelException when the body yields fewer values than the node
   */
  public static void inline(GraphEditor editor, Node site, Graph body, List<String> arguments) {
    if (site.outputs().size() > body.outputs().size()) {
      throw GraphErrors.invalid(
          site,
          "has "
              + site.outputs().size()
              + " outputs, its body yields "
              + body.outputs().size()
              + " values");
    }
    new Inliner(editor).run(site, body, arguments);
  }

  private void run(Node site, Graph body, List<String> arguments) {
    for (int i = 0; i < body.inputs().size(); i++) {
      renamed.put(body.inputs().get(i).name(), i < arguments.size() ? arguments.get(i) : "");
    }
    for (Map.Entry<String, Tensor> constant : body.constants().entrySet()) {
      renamed.put(constant.getKey(), editor.addConstant(constant.getKey(), constant.getValue()));
    }
    for (Node node : body.nodes()) {
      for (String output : node.outputs()) {
        if (!output.isEmpty()) {
          renamed.put(output, editor.freshName(output));
        }
      }
    }
    List<Node> nodes = new ArrayList<>();
    body.nodes().forEach(node -> nodes.add(moved(node)));
    for (int i = 0; i < site.outputs().size(); i++) {
      String output = site.output(i);
      if (!output.isEmpty()) {
        String source = body.outputs().get(i).name();
        nodes.add(
            Node.of(
                editor.freshName(output + "_inlined"),
                "",
                "Identity",
                List.of(renamed.getOrDefault(source, source)),
                List.of(output),
                Map.of()));
      }
    }
    editor.replace(site, nodes.toArray(Node[]::new));
  }

  /** A node of the body under its name in the graph around it. */
  private Node moved(Node node) {
    Node moved =
        new Node(
            editor.freshName(node.name()),
            node.domain(),
            node.opType(),
            node.inputs(),
            node.outputs().stream().map(name -> renamed.getOrDefault(name, name)).toList(),
            node.attributes(),
            node.metadata(),
            node.opaque());
    return SubGraphs.renameUses(moved, renamed);
  }
}
