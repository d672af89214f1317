package dev.lathe.graph;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the bodies of a node (branches of If, body of Loop) take from the scopes around them. */
public final class SubGraphs {

  private SubGraphs() {}

  /** Graphs among the attributes of a node, in attribute order. */
  public static List<Graph> of(Node node) {
    List<Graph> graphs = new ArrayList<>();
    for (Attribute attribute : node.attributes().values()) {
      switch (attribute) {
        case Attribute.OfGraph one -> graphs.add(one.value());
        case Attribute.OfGraphs many -> graphs.addAll(many.values());
        default -> {}
      }
    }
    return graphs;
  }

  /**
   * Every value a node reads: its inputs, then what its sub-graphs capture. Omitted inputs are left
   * out.
   */
  public static Set<String> uses(Node node) {
    Set<String> uses = new LinkedHashSet<>(node.inputs());
    uses.remove("");
    for (Graph graph : of(node)) {
      uses.addAll(captured(graph));
    }
    return uses;
  }

  /** Values a graph reads but does not define. */
  public static Set<String> captured(Graph graph) {
    Set<String> captured = new LinkedHashSet<>();
    graph.nodes().forEach(node -> captured.addAll(uses(node)));
    graph.outputs().forEach(output -> captured.add(output.name()));
    captured.removeAll(definitions(graph));
    captured.remove("");
    return captured;
  }

  /** Values a graph defines: inputs, constants, values without dense form, outputs of its nodes. */
  static Set<String> definitions(Graph graph) {
    Set<String> names = new LinkedHashSet<>(graph.constants().keySet());
    names.addAll(HiddenValues.of(graph));
    graph.inputs().forEach(input -> names.add(input.name()));
    graph.nodes().forEach(node -> names.addAll(node.outputs()));
    names.remove("");
    return names;
  }

  /** Adds every name of a graph and of the graphs inside: values and nodes. */
  static void collectNames(Graph graph, Collection<String> names) {
    names.addAll(definitions(graph));
    for (Node node : graph.nodes()) {
      names.add(node.name());
      names.addAll(node.inputs());
      of(node).forEach(inner -> collectNames(inner, names));
    }
  }

  /** The node with every use of {@code from} replaced, also inside its sub-graphs. */
  static Node renameUses(Node node, String from, String to) {
    return renameUses(node, Map.of(from, to));
  }

  /** The node with every use of a key replaced by its value, also inside its sub-graphs. */
  static Node renameUses(Node node, Map<String, String> names) {
    List<String> inputs =
        node.inputs().stream().map(input -> names.getOrDefault(input, input)).toList();
    Node renamed = inputs.equals(node.inputs()) ? node : node.withInputs(inputs);
    for (Map.Entry<String, Attribute> entry : node.attributes().entrySet()) {
      switch (entry.getValue()) {
        case Attribute.OfGraph one when captures(one.value(), names) ->
            renamed =
                renamed.withAttribute(
                    entry.getKey(), new Attribute.OfGraph(renameCaptured(one.value(), names)));
        case Attribute.OfGraphs many
            when many.values().stream().anyMatch(inner -> captures(inner, names)) ->
            renamed =
                renamed.withAttribute(
                    entry.getKey(),
                    new Attribute.OfGraphs(
                        many.values().stream()
                            .map(inner -> renameCaptured(inner, names))
                            .toList()));
        default -> {}
      }
    }
    return renamed;
  }

  private static boolean captures(Graph graph, Map<String, String> names) {
    return !Collections.disjoint(captured(graph), names.keySet());
  }

  private static Graph renameCaptured(Graph graph, Map<String, String> names) {
    Map<String, String> visible = new HashMap<>(names);
    visible.keySet().retainAll(captured(graph));
    if (visible.isEmpty()) {
      return graph;
    }
    List<ValueInfo> outputs =
        graph.outputs().stream()
            .map(
                output ->
                    new ValueInfo(
                        visible.getOrDefault(output.name(), output.name()),
                        output.dtype(),
                        output.dims(),
                        output.opaque()))
            .toList();
    List<Node> nodes = graph.nodes().stream().map(inner -> renameUses(inner, visible)).toList();
    return new Graph(
        graph.name(),
        graph.inputs(),
        outputs,
        graph.constants(),
        nodes,
        graph.valueInfos(),
        graph.opaque());
  }
}
