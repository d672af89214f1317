package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Stores constants of 4 bits that a DequantizeLinear reads as the same numbers of 8, which integer
 * products take. Constants with scales per block stay: no integer product has these. Exact.
 */
final class WidenLevels implements Pass {

  @Override
  public String name() {
    return "widen-levels";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= widen(editor, node));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean widen(GraphEditor graph, Node node) {
    Tensor levels = graph.constant(node.input(0));
    DType wide = levels == null ? null : wide(levels.dtype());
    if (levels == null
        || wide == null
        || !Quantization.isDequantize(node)
        || node.intAttribute("block_size", 0) != 0) {
      return false;
    }
    Tensor zeroPoint = graph.constant(node.input(2));
    if (node.hasInput(2) && zeroPoint == null) {
      return false;
    }
    Node widened =
        node.withInput(0, graph.addConstant(node.input(0) + "/8bits", widened(levels, wide)));
    if (zeroPoint != null) {
      String name = graph.addConstant(node.input(2) + "/8bits", widened(zeroPoint, wide));
      widened = widened.withInput(2, name);
    }
    graph.replace(node, widened);
    return true;
  }

  private static @Nullable DType wide(DType dtype) {
    return switch (dtype) {
      case INT4 -> DType.INT8;
      case UINT4 -> DType.UINT8;
      default -> null;
    };
  }

  private static Tensor widened(Tensor levels, DType wide) {
    Shape shape = levels.shape();
    byte[] values = new byte[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) levels.integer(i);
    }
    return Tensor.of(wide, values, shape.dims());
  }
}
