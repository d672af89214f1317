package dev.lathe.report.diff;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where two graphs differ.
 *
 * @param interfaces inputs and outputs that differ, by name
 */
public record GraphDiff(
    List<String> interfaces, List<NodeChange> nodes, List<ConstantChange> constants) {

  public GraphDiff {
    interfaces = List.copyOf(interfaces);
    nodes = List.copyOf(nodes);
    constants = List.copyOf(constants);
  }

  /**
   * Compares graphs: nodes and constants by name, in the order of the first and then the second.
   */
  public static GraphDiff of(Graph before, Graph after) {
    List<String> interfaces = new ArrayList<>();
    NodeChange.entries("input ", byName(before.inputs()), byName(after.inputs()), interfaces);
    NodeChange.entries("output ", byName(before.outputs()), byName(after.outputs()), interfaces);
    return new GraphDiff(interfaces, nodes(before, after), constants(before, after));
  }

  private static Map<String, String> byName(List<ValueInfo> values) {
    return values.stream()
        .collect(
            Collectors.toMap(
                ValueInfo::name, ValueInfo::toString, (a, b) -> b, LinkedHashMap::new));
  }

  private static List<NodeChange> nodes(Graph before, Graph after) {
    Map<String, Node> left = named(before.nodes());
    Map<String, Node> right = named(after.nodes());
    List<NodeChange> changes = new ArrayList<>();
    left.forEach(
        (name, node) -> {
          Node other = right.get(name);
          NodeChange change =
              other == null ? NodeChange.only(node, "removed") : NodeChange.of(node, other);
          if (change != null) {
            changes.add(change);
          }
        });
    right.forEach(
        (name, node) -> {
          if (!left.containsKey(name)) {
            changes.add(NodeChange.only(node, "added"));
          }
        });
    return changes;
  }

  private static Map<String, Node> named(List<Node> nodes) {
    Map<String, Node> named = new LinkedHashMap<>();
    nodes.forEach(node -> named.put(node.name(), node));
    return named;
  }

  private static List<ConstantChange> constants(Graph before, Graph after) {
    Map<String, Tensor> left = before.constants();
    Map<String, Tensor> right = after.constants();
    Set<String> names = new LinkedHashSet<>(left.keySet());
    names.addAll(right.keySet());
    List<ConstantChange> changes = new ArrayList<>();
    for (String name : names) {
      ConstantChange change = ConstantChange.of(name, left.get(name), right.get(name));
      if (change != null) {
        changes.add(change);
      }
    }
    return changes;
  }

  public boolean isEmpty() {
    return interfaces.isEmpty() && nodes.isEmpty() && constants.isEmpty();
  }

  /** As JSON. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("interface", interfaces);
    json.put("nodes", nodes.stream().map(NodeChange::json).toList());
    json.put("constants", constants.stream().map(ConstantChange::json).toList());
    return json;
  }
}
