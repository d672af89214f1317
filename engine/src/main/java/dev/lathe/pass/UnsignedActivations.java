package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Stores int8 activations as uint8, 128 higher, with a zero point 128 higher: the same numbers.
 * Where something other than DequantizeLinear reads the int8 values, they are shifted back there;
 * int8 values that something else produces are shifted before they are dequantized. A zero point
 * that is omitted is written out. Exact.
 */
final class UnsignedActivations implements Pass {

  private static final int SHIFT = 128;

  @Override
  public String name() {
    return "unsigned-activations";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= visit(editor, node));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean visit(GraphEditor graph, Node node) {
    Quantization own = Quantization.of(graph, node);
    if (own == null || !own.perTensor()) {
      return false;
    }
    if (own.dtype() == DType.UINT8 && own.zeroPoint() == null) {
      String zero =
          graph.addConstant(node.name() + "/zero_point", Tensor.of(DType.UINT8, new byte[] {0}));
      graph.replace(node, node.withInput(2, zero));
      return true;
    }
    if (own.dtype() != DType.INT8) {
      return false;
    }
    if (Quantization.isQuantize(node)) {
      quantize(graph, own);
      return true;
    }
    if (graph.constant(node.input(0)) != null) {
      return false;
    }
    String unsigned = graph.freshName(node.input(0) + "/unsigned");
    shift(graph, node, node.input(0), DType.INT8, unsigned);
    graph.replace(node, dequantize(graph, own, unsigned));
    return true;
  }

  private static void quantize(GraphEditor graph, Quantization own) {
    Node node = own.node();
    String signed = node.output(0);
    String unsigned = graph.freshName(signed + "/unsigned");
    boolean others = graph.isOutput(signed);
    for (Node reader : graph.consumers(signed)) {
      Quantization theirs = Quantization.of(graph, reader);
      boolean dequantizes =
          Quantization.isDequantize(reader)
              && theirs != null
              && theirs.perTensor()
              && theirs.dtype() == DType.INT8;
      if (dequantizes && theirs != null) {
        graph.replace(reader, dequantize(graph, theirs, unsigned));
      } else {
        others = true;
      }
    }
    Node replacement =
        new Node(
            node.name(),
            "",
            "QuantizeLinear",
            List.of(node.input(0), own.scaleName(), shiftedZeroPoint(graph, own)),
            List.of(unsigned),
            Map.of(),
            node.metadata(),
            null);
    graph.insertBefore(node, replacement);
    if (others) {
      shift(graph, node, unsigned, DType.UINT8, signed);
    }
    graph.remove(node);
  }

  private static Node dequantize(GraphEditor graph, Quantization own, String unsigned) {
    return own.node().withInputs(List.of(unsigned, own.scaleName(), shiftedZeroPoint(graph, own)));
  }

  private static String shiftedZeroPoint(GraphEditor graph, Quantization own) {
    byte level = (byte) (own.zeroPointOf(0) + SHIFT);
    return graph.addConstant(
        own.node().name() + "/zero_point", Tensor.of(DType.UINT8, new byte[] {level}));
  }

  /** Adds the same numbers in the other type; with scale 1, levels are numbers. */
  private static void shift(GraphEditor graph, Node anchor, String from, DType type, String to) {
    String signed = constant(graph, "signed_zero", Tensor.of(DType.INT8, new byte[] {0}));
    String unsigned =
        constant(graph, "unsigned_zero", Tensor.of(DType.UINT8, new byte[] {(byte) SHIFT}));
    String one = constant(graph, "unit_scale", Tensor.scalar(1));
    String number = graph.freshName(to + "/number");
    boolean up = type == DType.INT8;
    graph.insertBefore(
        anchor,
        Node.of(
            graph.freshName(to + "/dequantize"),
            "",
            "DequantizeLinear",
            List.of(from, one, up ? signed : unsigned),
            List.of(number),
            Map.of()),
        Node.of(
            graph.freshName(to + "/quantize"),
            "",
            "QuantizeLinear",
            List.of(number, one, up ? unsigned : signed),
            List.of(to),
            Map.of()));
  }

  private static String constant(GraphEditor graph, String base, Tensor value) {
    return graph.addConstant("shift/" + base, value);
  }
}
