package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Evaluates nodes that depend on constants alone. Operators that blow a small constant up are left
 * to the plan, which knows whether anything needs the result.
 */
final class FoldConstants implements Pass {

  private static final Set<String> EXPANDING = Set.of("ConstantOfShape", "Expand", "Tile", "Range");

  private final boolean dequantize;

  private FoldConstants(boolean dequantize) {
    this.dequantize = dequantize;
  }

  /** Leaves DequantizeLinear of constants in place: it marks quantized weights. */
  static Pass keepingQuantized() {
    return new FoldConstants(false);
  }

  /**
   * Folds quantized constants that stayed in the float domain, too; but not operands of sums and
   * products, which may yet become integer ones.
   */
  static Pass all() {
    return new FoldConstants(true);
  }

  @Override
  public String name() {
    return dequantize ? "fold-constants" : "fold-constants-keeping-quantized";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    List<Node> chosen = choose(graph, editor, context);
    if (chosen.isEmpty()) {
      return graph;
    }
    Facts facts = context.planner().infer(only(graph, chosen), context.opsets(), Map.of());
    Map<String, Tensor> values = new HashMap<>();
    for (Node node : chosen) {
      for (String output : node.outputs()) {
        TensorFact fact = facts.find(output);
        if (!output.isEmpty() && fact != null && fact.value() != null) {
          values.put(output, fact.value());
        }
      }
    }
    for (Node node : chosen) {
      for (String output : node.outputs()) {
        Tensor value = values.get(output);
        if (value != null) {
          Edits.replaceByConstant(editor, output, value);
        }
      }
    }
    return editor.toGraph();
  }

  private List<Node> choose(Graph graph, GraphEditor editor, PassContext context) {
    Set<String> known = new HashSet<>(graph.constants().keySet());
    known.add("");
    List<Node> chosen = new ArrayList<>();
    for (Node node : graph.nodes()) {
      boolean folds =
          known.containsAll(node.inputs())
              && (!node.is("DequantizeLinear") || (dequantize && !isOperand(editor, node)))
              && !EXPANDING.contains(node.opType())
              && node.attributes().values().stream().noneMatch(FoldConstants::isBody)
              && context.planner().supports(node);
      if (folds) {
        chosen.add(node);
        known.addAll(node.outputs());
      }
    }
    return chosen;
  }

  private static boolean isOperand(GraphEditor graph, Node node) {
    Quantization constant = Quantization.of(graph, node);
    Node reader = graph.onlyConsumer(node.output(0));
    return constant != null
        && constant.perTensor()
        && constant.dtype().isInt8()
        && reader != null
        && (reader.is("Add") || reader.is("Mul"));
  }

  private static boolean isBody(Attribute attribute) {
    return attribute instanceof Attribute.OfGraph || attribute instanceof Attribute.OfGraphs;
  }

  private static Graph only(Graph graph, List<Node> nodes) {
    Map<String, Tensor> constants = new LinkedHashMap<>();
    List<ValueInfo> outputs = new ArrayList<>();
    for (Node node : nodes) {
      for (String input : node.inputs()) {
        Tensor constant = graph.constants().get(input);
        if (constant != null) {
          constants.put(input, constant);
        }
      }
      for (String output : node.outputs()) {
        if (!output.isEmpty()) {
          outputs.add(new ValueInfo(output, null, null, null));
        }
      }
    }
    return new Graph(graph.name(), List.of(), outputs, constants, nodes, Map.of(), null);
  }
}
