package dev.lathe.compress.weights;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.SubGraphs;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Turns Constant nodes, and the Cast of a weight that is stored as a float of fewer bits, into
 * initializers, which is where constants are looked for.
 */
public final class ConstantNodes {

  private ConstantNodes() {}

  /** The graph with the constants of some types as initializers; outputs stay nodes. */
  public static Graph lift(Graph graph, Predicate<DType> types) {
    Map<String, Tensor> constants = new LinkedHashMap<>(graph.constants());
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      boolean tensor =
          node.is("Constant")
              && node.attributes().get("value") instanceof Attribute.OfTensor value
              && types.test(value.value().dtype())
              && !graph.isOutput(node.output(0));
      Tensor narrow = constants.get(node.input(0));
      if (tensor) {
        constants.put(node.output(0), node.tensorAttribute("value"));
      } else if (narrow != null
          && NarrowFloats.isStored(node, narrow)
          && types.test(DType.FLOAT32)
          && !graph.isOutput(node.output(0))) {
        constants.put(node.output(0), NarrowFloats.cast(narrow, DType.FLOAT32));
        if (readers(graph, node.input(0)) == 1) {
          constants.remove(node.input(0));
        }
      } else {
        nodes.add(node);
      }
    }
    return nodes.size() == graph.nodes().size()
        ? graph
        : graph.withNodes(nodes).withConstants(constants);
  }

  private static long readers(Graph graph, String value) {
    return graph.nodes().stream().filter(node -> SubGraphs.uses(node).contains(value)).count();
  }
}
