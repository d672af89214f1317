package dev.lathe.graph;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the bodies of a node (branches of If, body of Loop) take from the scopes around them. */
final class SubGraphs {

  private SubGraphs() {}

  /** Graphs among the attributes of a node, in attribute order. */
  static List<Graph> of(Node node) {
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
  static Set<String> uses(Node node) {
    Set<String> uses = new LinkedHashSet<>(node.inputs());
    uses.remove("");
    for (Graph graph : of(node)) {
      uses.addAll(captured(graph));
    }
    return uses;
  }

  /** Values a graph reads but does not define. */
  static Set<String> captured(Graph graph) {
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
    List<String> inputs =
        node.inputs().stream().map(input -> input.equals(from) ? to : input).toList();
    Node renamed = inputs.equals(node.inputs()) ? node : node.withInputs(inputs);
    for (Map.Entry<String, Attribute> entry : node.attributes().entrySet()) {
      switch (entry.getValue()) {
        case Attribute.OfGraph one when captures(one.value(), from) ->
            renamed =
                renamed.withAttribute(
                    entry.getKey(), new Attribute.OfGraph(renameCaptured(one.value(), from, to)));
        case Attribute.OfGraphs many
            when many.values().stream().anyMatch(inner -> captures(inner, from)) ->
            renamed =
                renamed.withAttribute(
                    entry.getKey(),
                    new Attribute.OfGraphs(
                        many.values().stream()
                            .map(inner -> renameCaptured(inner, from, to))
                            .toList()));
        default -> {}
      }
    }
    return renamed;
  }

  private static boolean captures(Graph graph, String value) {
    return captured(graph).contains(value);
  }

  private static Graph renameCaptured(Graph graph, String from, String to) {
    if (!captures(graph, from)) {
      return graph;
    }
    List<ValueInfo> outputs =
        graph.outputs().stream()
            .map(
                output ->
                    output.name().equals(from)
                        ? new ValueInfo(to, output.dtype(), output.dims(), output.opaque())
                        : output)
            .toList();
    List<Node> nodes = graph.nodes().stream().map(inner -> renameUses(inner, from, to)).toList();
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
