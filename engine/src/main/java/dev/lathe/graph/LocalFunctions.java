package dev.lathe.graph;

import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The side of {@link Network#opaque()} this layer sees: operators the file defines itself. Files
 * keep them; what runs or inspects a network puts their bodies in place of the nodes first.
 */
public interface LocalFunctions {

  /** Beyond this a small file is out to fill the memory. */
  int MAX_NODES = 20_000;

  List<Function> functions();

  /**
   * The network with the body of a function in the place of every node that calls one.
   *
   * @throws InvalidModelException when functions call each other in a circle or without end
   */
  static Network inlined(Network network) {
    if (!(network.opaque() instanceof LocalFunctions local) || local.functions().isEmpty()) {
      return network;
    }
    Map<String, Function> byName = new HashMap<>();
    local.functions().forEach(one -> byName.put(one.domain() + ":" + one.name(), one));
    Graph graph = network.graph();
    for (int depth = 0; calls(graph, byName); depth++) {
      if (depth > local.functions().size() || inlinedNodes(graph, byName) > MAX_NODES) {
        throw new InvalidModelException(
            new Problem(
                "the model's functions call each other without end, or grow beyond "
                    + MAX_NODES
                    + " nodes",
                "functions " + byName.keySet(),
                "",
                "export the model with its functions inlined"));
      }
      graph = inlinedOnce(graph, byName);
    }
    return network.withGraph(graph);
  }

  private static boolean calls(Graph graph, Map<String, Function> functions) {
    return graph.nodes().stream()
        .anyMatch(
            node ->
                functions.containsKey(key(node))
                    || SubGraphs.of(node).stream().anyMatch(body -> calls(body, functions)));
  }

  /** Nodes there will be once every call is replaced by its body, those of sub-graphs included. */
  private static long inlinedNodes(Graph graph, Map<String, Function> functions) {
    long nodes = 0;
    for (Node node : graph.nodes()) {
      Function function = functions.get(key(node));
      nodes += function == null ? 1 : function.body().nodes().size();
      for (Graph body : SubGraphs.of(node)) {
        nodes += inlinedNodes(body, functions);
      }
    }
    return nodes;
  }

  private static String key(Node node) {
    return node.domain() + ":" + node.opType();
  }

  private static Graph inlinedOnce(Graph graph, Map<String, Function> functions) {
    GraphEditor editor = GraphEditor.of(graph);
    for (Node node : graph.nodes()) {
      Function function = functions.get(key(node));
      if (function != null) {
        Inliner.inline(editor, node, function.instantiate(node), node.inputs());
      } else if (SubGraphs.of(node).stream().anyMatch(body -> calls(body, functions))) {
        editor.replace(node, withBodies(node, functions));
      }
    }
    return editor.toGraph();
  }

  private static Node withBodies(Node node, Map<String, Function> functions) {
    Map<String, Attribute> attributes = new LinkedHashMap<>(node.attributes());
    attributes.replaceAll(
        (key, attribute) ->
            switch (attribute) {
              case Attribute.OfGraph(Graph body) ->
                  new Attribute.OfGraph(inlinedOnce(body, functions));
              case Attribute.OfGraphs(List<Graph> bodies) -> {
                List<Graph> inlined = new ArrayList<>();
                bodies.forEach(body -> inlined.add(inlinedOnce(body, functions)));
                yield new Attribute.OfGraphs(inlined);
              }
              default -> attribute;
            });
    return new Node(
        node.name(),
        node.domain(),
        node.opType(),
        node.inputs(),
        node.outputs(),
        attributes,
        node.metadata(),
        node.opaque());
  }
}
