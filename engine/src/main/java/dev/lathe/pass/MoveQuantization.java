package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Moves data in the integer domain: DequantizeLinear goes behind operators that only move (or, like
 * MaxPool, only choose) elements, QuantizeLinear in front of them, and in front of every operand of
 * Concat. Exact: both act on each element alone, and are monotonic. Then a QuantizeLinear that
 * undoes a DequantizeLinear goes away.
 */
final class MoveQuantization implements Pass {

  private static final Set<String> MOVING =
      Set.of(
          "Reshape",
          "Flatten",
          "Squeeze",
          "Unsqueeze",
          "Transpose",
          "DepthToSpace",
          "SpaceToDepth",
          "MaxPool");

  /** These read or repeat a part of their operand: only what comes out should be converted. */
  private static final Set<String> SELECTING = Set.of("Slice", "Gather", "Expand", "Tile", "Pad");

  @Override
  public String name() {
    return "move-quantization";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= sinkDequantize(editor, node));
    Edits.forEachReversed(editor, node -> changed[0] |= hoistQuantize(editor, node));
    Edits.forEach(editor, node -> changed[0] |= cancel(editor, node));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean sinkDequantize(GraphEditor graph, Node node) {
    if (!moves(graph, node)) {
      return false;
    }
    Quantization source = Quantization.dequantized(graph, node.input(0));
    if (source == null || source.dtype().bits() != 8) {
      return false;
    }
    Node dequantize = source.node();
    if (!source.perTensor()) {
      Permutation permutation = Permutation.of(node);
      if (permutation == null || graph.constant(dequantize.input(0)) == null) {
        return false;
      }
      int axis = permutation.inverse().at(source.axis());
      dequantize = dequantize.withAttribute("axis", new Attribute.Int(axis));
    }
    String moved = graph.freshName(node.output(0) + "/quantized");
    Node integer = node.withInput(0, dequantize.input(0)).withOutputs(List.of(moved));
    if (node.is("Pad") && hasPadValue(node)) {
      integer = integer.withInput(2, padLevel(graph, source));
    }
    Node after =
        Node.of(
            graph.freshName(node.output(0) + "/dequantize"),
            "",
            "DequantizeLinear",
            dequantize.withInput(0, moved).inputs(),
            node.outputs(),
            dequantize.attributes());
    graph.replace(node, integer, after);
    return true;
  }

  private static boolean moves(GraphEditor graph, Node node) {
    if (!node.domain().isEmpty() || node.outputs().size() != 1) {
      return false;
    }
    if (node.is("Pad")) {
      return padsWithZero(graph, node);
    }
    return MOVING.contains(node.opType()) || SELECTING.contains(node.opType());
  }

  private static boolean hasPadValue(Node node) {
    return node.textAttribute("mode", "constant").equals("constant");
  }

  /** Whether what Pad adds has a level: the zero point, for 0. */
  private static boolean padsWithZero(GraphEditor graph, Node node) {
    if (!hasPadValue(node)) {
      return true;
    }
    Float value = Edits.scalar(graph, node.input(2));
    boolean asInput = node.hasInput(1);
    return asInput && (node.hasInput(2) ? value != null && value == 0 : true);
  }

  private static String padLevel(GraphEditor graph, Quantization source) {
    byte level = (byte) source.zeroPointOf(0);
    return graph.addConstant(
        source.node().name() + "/pad", Tensor.of(source.dtype(), new byte[] {level}));
  }

  private static boolean hoistQuantize(GraphEditor graph, Node node) {
    Quantization own = Quantization.isQuantize(node) ? Quantization.of(graph, node) : null;
    Node source = graph.producer(node.input(0));
    if (own == null
        || !own.perTensor()
        || own.dtype().bits() != 8
        || source == null
        || !source.domain().isEmpty()
        || graph.onlyConsumer(node.input(0)) == null) {
      return false;
    }
    boolean concat = source.is("Concat");
    if (!concat && (!MOVING.contains(source.opType()) || source.outputs().size() != 1)) {
      return false;
    }
    List<Node> nodes = new ArrayList<>();
    List<String> operands = new ArrayList<>(source.inputs());
    for (int i = 0; i < (concat ? operands.size() : 1); i++) {
      String level = graph.freshName(operands.get(i) + "/quantized");
      nodes.add(
          Node.of(
              graph.freshName(level + "/quantize"),
              "",
              "QuantizeLinear",
              node.withInput(0, operands.get(i)).inputs(),
              List.of(level),
              node.attributes()));
      operands.set(i, level);
    }
    nodes.add(source.withInputs(operands).withOutputs(node.outputs()));
    graph.remove(node);
    graph.replace(source, nodes.toArray(Node[]::new));
    for (Node added : nodes) {
      hoistQuantize(graph, added);
    }
    return true;
  }

  /** DequantizeLinear, clamps, QuantizeLinear with equal parameters: a clamp of levels. */
  private static boolean cancel(GraphEditor graph, Node node) {
    Quantization own = Quantization.isDequantize(node) ? Quantization.of(graph, node) : null;
    if (own == null || !own.perTensor() || !own.isReversible() || own.dtype().bits() != 8) {
      return false;
    }
    boolean changed = false;
    for (Node reader : graph.consumers(node.output(0))) {
      Quantization next = Quantization.of(graph, reader);
      if (Quantization.isQuantize(reader) && next != null && own.sameAs(next)) {
        Edits.bypass(graph, reader, node.input(0));
        changed = true;
      }
    }
    QuantizedTail tail = QuantizedTail.of(graph, node.output(0));
    if (tail == null || tail.clamps().isEmpty() || !own.sameAs(tail.result())) {
      return changed;
    }
    tail.remove(graph);
    graph.add(
        Node.of(
            tail.clamps().getLast().name(),
            "",
            "Clip",
            List.of(node.input(0), level(graph, tail.min()), level(graph, tail.max())),
            List.of(tail.output()),
            Map.of()));
    return true;
  }

  private static String level(GraphEditor graph, int level) {
    return graph.addConstant("level/" + level, Tensor.of(DType.UINT8, new byte[] {(byte) level}));
  }
}
