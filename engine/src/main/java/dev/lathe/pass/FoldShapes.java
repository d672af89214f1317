package dev.lathe.pass;

import dev.lathe.error.LatheException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.Tensor;

/**
 * Evaluates what depends on the shapes of the inputs alone, once these are known: sizes, indices
 * and conditions, which are short integers and truths.
 */
final class FoldShapes implements Pass {

  private static final long MOST_ELEMENTS = 4096;

  @Override
  public String name() {
    return "fold-shapes";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    Facts facts;
    try {
      facts = context.facts(graph);
    } catch (LatheException unknown) {
      return graph; // an operator whose shapes Lathe can't tell
    }
    GraphEditor editor = GraphEditor.of(graph);
    boolean changed = false;
    for (Node node : graph.nodes()) {
      for (String output : node.outputs()) {
        TensorFact fact = output.isEmpty() ? null : facts.find(output);
        Tensor value = fact == null || graph.isOutput(output) ? null : fact.value();
        if (value != null && folds(value)) {
          Edits.replaceByConstant(editor, output, value);
          changed = true;
        }
      }
    }
    return changed ? editor.toGraph() : graph;
  }

  private static boolean folds(Tensor value) {
    return value.elements() <= MOST_ELEMENTS
        && switch (value.dtype()) {
          case INT64, INT32, BOOL -> true;
          default -> false;
        };
  }
}
