package dev.lathe.graph;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Small graphs for tests: {@code graph("x", "y", "relu: Relu x -> y")}. */
final class Graphs {

  private Graphs() {}

  /**
   * Space-separated inputs and outputs, one line per node. Names that start with {@code w} are
   * constants.
   */
  static Graph graph(String inputs, String outputs, String... nodes) {
    return graph(inputs, outputs, Arrays.stream(nodes).map(Graphs::node).toList());
  }

  static Graph graph(String inputs, String outputs, List<Node> nodes) {
    Map<String, Tensor> constants = new LinkedHashMap<>();
    for (Node node : nodes) {
      for (String input : node.inputs()) {
        if (input.startsWith("w")) {
          constants.put(input, Tensor.scalar(1));
        }
      }
    }
    return new Graph("g", values(inputs), values(outputs), constants, nodes, Map.of(), null);
  }

  /** As in {@code name: Op in1 in2 -> out1 out2}; {@code _} is an omitted input. */
  static Node node(String text) {
    int arrow = text.indexOf(" -> ");
    String[] left = text.substring(0, arrow).split("[: ]+", -1);
    List<String> inputs = new ArrayList<>(List.of(left).subList(2, left.length));
    inputs.replaceAll(input -> input.equals("_") ? "" : input);
    return Node.of(
        left[0], "", left[1], inputs, List.of(text.substring(arrow + 4).split(" ", -1)), Map.of());
  }

  static Node withBody(Node node, Graph body) {
    return node.withAttribute("body", new Attribute.OfGraph(body));
  }

  static List<String> names(Graph graph) {
    return graph.nodes().stream().map(Node::name).toList();
  }

  private static List<ValueInfo> values(String names) {
    return Arrays.stream(names.split(" ", -1))
        .filter(name -> !name.isEmpty())
        .map(name -> ValueInfo.of(name, DType.FLOAT32, 1))
        .toList();
  }
}
