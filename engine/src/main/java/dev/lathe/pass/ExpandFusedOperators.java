package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes FusedConv and FusedGemm of ONNX Runtime's com.microsoft domain as what they stand for: the
 * plain operator, for FusedConv an addition, and an activation. Later passes fuse them again, their
 * own way.
 */
final class ExpandFusedOperators implements Pass {

  private static final int ADDEND = 3;

  @Override
  public String name() {
    return "expand-fused-operators";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= visit(editor, node, context.opset()));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean visit(GraphEditor graph, Node node, long opset) {
    boolean conv = node.opType().equals("FusedConv");
    if (!node.domain().equals("com.microsoft") || (!conv && !node.opType().equals("FusedGemm"))) {
      return false;
    }
    Map<String, Attribute> plain = new LinkedHashMap<>(node.attributes());
    plain.keySet().removeIf(key -> key.startsWith("activation"));
    List<String> operands = new ArrayList<>(node.inputs());
    boolean adds = conv && node.hasInput(ADDEND);
    String addend = adds ? operands.remove(ADDEND) : "";
    List<Node> nodes = new ArrayList<>();
    String product = graph.freshName(node.output(0) + "/product");
    nodes.add(Node.of(node.name(), "", conv ? "Conv" : "Gemm", operands, List.of(product), plain));
    String value = product;
    if (adds) {
      value = graph.freshName(node.output(0) + "/sum");
      nodes.add(node(graph, node, "Add", List.of(product, addend), value, Map.of()));
    }
    nodes.add(activation(graph, node, value, opset));
    graph.replace(node, nodes.toArray(Node[]::new));
    return true;
  }

  private static Node activation(GraphEditor graph, Node node, String value, long opset) {
    String name = node.textAttribute("activation", "");
    List<String> operands = List.of(value);
    String result = node.output(0);
    return switch (name) {
      case "" -> node(graph, node, "Identity", operands, result, Map.of());
      case "Relu", "Tanh", "Sigmoid" -> node(graph, node, name, operands, result, Map.of());
      case "LeakyRelu" ->
          node(graph, node, name, operands, result, Map.of("alpha", parameter(node, 0, 0.01f)));
      case "HardSigmoid" ->
          node(
              graph,
              node,
              name,
              operands,
              result,
              Map.of("alpha", parameter(node, 0, 0.2f), "beta", parameter(node, 1, 0.5f)));
      case "Clip" -> clip(graph, node, value, opset);
      default ->
          throw GraphErrors.invalid(
              node, "attribute 'activation' is '" + name + "', which is not known");
    };
  }

  private static Node clip(GraphEditor graph, Node node, String value, long opset) {
    Attribute.Real min = parameter(node, 0, -Float.MAX_VALUE);
    Attribute.Real max = parameter(node, 1, Float.MAX_VALUE);
    if (opset < 11) {
      Map<String, Attribute> bounds = Map.of("min", min, "max", max);
      return node(graph, node, "Clip", List.of(value), node.output(0), bounds);
    }
    String low = graph.addConstant(node.name() + "/min", Tensor.scalar(min.value()));
    String high = graph.addConstant(node.name() + "/max", Tensor.scalar(max.value()));
    return node(graph, node, "Clip", List.of(value, low, high), node.output(0), Map.of());
  }

  /** Parameter number {@code index}: FusedConv lists them, FusedGemm names them. */
  private static Attribute.Real parameter(Node node, int index, float fallback) {
    Attribute list = node.attributes().get("activation_params");
    if (list instanceof Attribute.Reals reals && reals.values().size() > index) {
      return new Attribute.Real(reals.values().get(index));
    }
    String key = List.of("activation_alpha", "activation_beta").get(index);
    return new Attribute.Real(node.floatAttribute(key, fallback));
  }

  private static Node node(
      GraphEditor graph,
      Node of,
      String opType,
      List<String> operands,
      String result,
      Map<String, Attribute> attributes) {
    String name = graph.freshName(of.name() + "/" + opType);
    return Node.of(name, "", opType, operands, List.of(result), attributes);
  }
}
