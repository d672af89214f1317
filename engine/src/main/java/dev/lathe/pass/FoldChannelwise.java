package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;

/**
 * Folds Add, Sub, Mul and Div by a constant per channel into the Conv or Gemm before them, unless
 * something else reads that result. Within rounding, as {@link FoldBatchNorm}.
 */
final class FoldChannelwise implements Pass {

  private static final List<String> FUNCTIONS = List.of("Add", "Sub", "Mul", "Div");

  @Override
  public String name() {
    return "fold-channelwise";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= fold(editor, node, 0) || fold(editor, node, 1));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean fold(GraphEditor graph, Node node, int side) {
    boolean commutes = node.is("Add") || node.is("Mul");
    if (!node.domain().isEmpty()
        || !FUNCTIONS.contains(node.opType())
        || (side == 1 && !commutes)
        || node.inputs().size() != 2) {
      return false;
    }
    String value = node.input(side);
    Tensor operand = Edits.floats(graph, node.input(1 - side));
    ProductWeights product = ProductWeights.of(graph, graph.producer(value));
    if (operand == null
        || product == null
        || graph.onlyConsumer(value) == null
        || !isPerChannel(operand.shape(), product)) {
      return false;
    }
    Node folded =
        switch (node.opType()) {
          case "Add" -> product.rescale(graph, c -> 1, c -> at(operand, c));
          case "Sub" -> product.rescale(graph, c -> 1, c -> -at(operand, c));
          case "Mul" -> product.rescale(graph, c -> at(operand, c), c -> 0);
          default -> product.rescale(graph, c -> 1 / at(operand, c), c -> 0);
        };
    Edits.bypass(graph, node, folded.output(0));
    return true;
  }

  private static double at(Tensor operand, int channel) {
    return operand.f32(operand.elements() == 1 ? 0 : channel);
  }

  /** Whether a shape broadcasts over the product's result along everything but channels. */
  private static boolean isPerChannel(Shape shape, ProductWeights product) {
    int channelAxis = shape.rank() - 1 - product.spatialAxes();
    if (shape.rank() > product.spatialAxes() + 2) {
      return false;
    }
    for (int axis = 0; axis < shape.rank(); axis++) {
      boolean fits =
          shape.dim(axis) == 1 || (axis == channelAxis && shape.dim(axis) == product.channels());
      if (!fits) {
        return false;
      }
    }
    return true;
  }
}
