package dev.lathe.graph;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An operator that the file itself defines by a graph.
 *
 * @param body its inputs and outputs are those of the operator
 * @param defaults values of attributes that a node may leave out
 */
public record Function(String domain, String name, Graph body, Map<String, Attribute> defaults) {

  public Function {
    defaults = Map.copyOf(defaults);
  }

  /** The body with the attributes of a node that calls the function in place. */
  Graph instantiate(Node site) {
    Map<String, Attribute> values = new LinkedHashMap<>(defaults);
    values.putAll(site.attributes());
    return bound(body, values);
  }

  private static Graph bound(Graph graph, Map<String, Attribute> values) {
    List<Node> nodes = graph.nodes().stream().map(node -> bound(node, values)).toList();
    return graph.withNodes(nodes);
  }

  private static Node bound(Node node, Map<String, Attribute> values) {
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    node.attributes()
        .forEach(
            (key, attribute) -> {
              Attribute value = bound(attribute, values);
              if (value != null) {
                attributes.put(key, value);
              }
            });
    return new Node(
        node.name(),
        node.domain(),
        node.opType(),
        node.inputs(),
        node.outputs(),
        attributes,
        node.metadata(),
        null);
  }

  private static @Nullable Attribute bound(Attribute attribute, Map<String, Attribute> values) {
    return switch (attribute) {
      case Attribute.Reference(String name) -> values.get(name);
      case Attribute.OfGraph(Graph graph) -> new Attribute.OfGraph(bound(graph, values));
      case Attribute.OfGraphs(List<Graph> graphs) ->
          new Attribute.OfGraphs(graphs.stream().map(graph -> bound(graph, values)).toList());
      default -> attribute;
    };
  }
}
