package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;

/**
 * Replaces what follows from the input shapes by constants: the arithmetic on shapes that exporters
 * leave in a model.
 */
final class FoldKnownValues implements Pass {

  @Override
  public String name() {
    return "fold-known-values";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    Facts facts = context.facts(graph);
    GraphEditor editor = GraphEditor.of(graph);
    boolean changed = false;
    for (Node node : graph.nodes()) {
      for (String output : node.outputs()) {
        TensorFact fact = output.isEmpty() ? null : facts.find(output);
        if (fact != null && fact.value() != null && !graph.isOutput(output)) {
          Edits.replaceByConstant(editor, output, fact.value());
          changed = true;
        }
      }
    }
    return changed ? editor.toGraph() : graph;
  }
}
