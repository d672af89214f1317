package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes a table of what lies between DequantizeLinear and QuantizeLinear of single elements:
 * another scale, an activation function. The table is computed by the operators themselves, for all
 * 256 levels. Exact.
 */
final class TabulateLevels implements Pass {

  private static final int LEVELS = 256;

  /** Functions of one element whose other operands, if any, are constant scalars. */
  private static final Set<String> FUNCTIONS =
      Set.of(
          "Abs",
          "Celu",
          "Clip",
          "Elu",
          "Erf",
          "Exp",
          "Gelu",
          "HardSigmoid",
          "HardSwish",
          "LeakyRelu",
          "Log",
          "Mish",
          "Neg",
          "Reciprocal",
          "Relu",
          "Selu",
          "Sigmoid",
          "Softplus",
          "Softsign",
          "Sqrt",
          "Tanh",
          "ThresholdedRelu");

  @Override
  public String name() {
    return "tabulate-levels";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= visit(editor, node, context));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean visit(GraphEditor graph, Node quantize, PassContext context) {
    Quantization to = Quantization.isQuantize(quantize) ? Quantization.of(graph, quantize) : null;
    if (to == null || !to.isActivation()) {
      return false;
    }
    List<Node> chain = new ArrayList<>(List.of(quantize));
    Node producer = graph.producer(quantize.input(0));
    while (producer != null
        && isFunction(graph, producer)
        && graph.onlyConsumer(producer.output(0)) != null) {
      chain.addFirst(producer);
      producer = graph.producer(producer.input(0));
    }
    Quantization from =
        Quantization.isDequantize(producer) ? Quantization.of(graph, producer) : null;
    if (from == null || !from.isActivation() || graph.constant(from.node().input(0)) != null) {
      return false;
    }
    chain.addFirst(from.node());
    if (!chain.stream().allMatch(context.planner()::supports)) {
      return false;
    }
    Tensor table = table(graph, chain, context);
    if (table == null) {
      return false;
    }
    String name = graph.addConstant(quantize.name() + "/table", table);
    String levels = from.node().input(0);
    // The functions in between are read by nobody else; the DequantizeLinear may be.
    graph.replace(
        quantize,
        Edits.lathe(quantize, "QLookup", List.of(levels, name)).withOutputs(quantize.outputs()));
    return true;
  }

  private static boolean isFunction(GraphEditor graph, Node node) {
    if (!node.domain().isEmpty() || !FUNCTIONS.contains(node.opType())) {
      return false;
    }
    for (int i = 1; i < node.inputs().size(); i++) {
      Tensor operand = graph.constant(node.input(i));
      if (node.hasInput(i) && (operand == null || operand.elements() != 1)) {
        return false;
      }
    }
    return node.outputs().size() == 1;
  }

  /** What the chain makes of each level; null when the planner does not evaluate it. */
  private static @Nullable Tensor table(GraphEditor graph, List<Node> chain, PassContext context) {
    byte[] levels = new byte[LEVELS];
    for (int i = 0; i < LEVELS; i++) {
      levels[i] = (byte) i;
    }
    Map<String, Tensor> constants = new LinkedHashMap<>();
    String input = graph.freshName("levels");
    constants.put(input, Tensor.of(DType.UINT8, levels, LEVELS));
    List<Node> nodes = new ArrayList<>(chain);
    nodes.set(0, chain.getFirst().withInput(0, input));
    for (Node node : nodes) {
      for (String operand : node.inputs()) {
        Tensor value = graph.constant(operand);
        if (value != null) {
          constants.put(operand, value);
        }
      }
    }
    String output = chain.getLast().output(0);
    List<ValueInfo> outputs = List.of(new ValueInfo(output, null, null, null));
    Graph small = new Graph("table", List.of(), outputs, constants, nodes, Map.of(), null);
    TensorFact fact = context.planner().infer(small, context.opsets(), Map.of()).find(output);
    return fact == null ? null : fact.value();
  }
}
