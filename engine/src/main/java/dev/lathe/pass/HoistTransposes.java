package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.List;

/**
 * Moves Transposes that stayed behind a DequantizeLinear in front of it, where they move bytes
 * instead of floats.
 */
final class HoistTransposes implements Pass {

  @Override
  public String name() {
    return "hoist-transposes";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= swap(editor, node));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean swap(GraphEditor graph, Node transpose) {
    Node dequantize = graph.producer(transpose.input(0));
    if (!transpose.is("Transpose")
        || dequantize == null
        || !dequantize.is("DequantizeLinear")
        || graph.onlyConsumer(dequantize.output(0)) == null) {
      return false;
    }
    Tensor scale = graph.constant(dequantize.input(1));
    if (scale == null || scale.elements() != 1) {
      return false;
    }
    String moved = graph.freshName(dequantize.input(0) + "/transposed");
    String result = transpose.output(0);
    graph.replace(
        transpose,
        transpose.withInput(0, dequantize.input(0)).withOutputs(List.of(moved)),
        dequantize.withInput(0, moved).withOutputs(List.of(result)));
    graph.remove(dequantize);
    return true;
  }
}
