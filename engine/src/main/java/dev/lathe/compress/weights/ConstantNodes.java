package dev.lathe.compress.weights;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Turns Constant nodes into initializers, which is where constants are looked for. */
public final class ConstantNodes {

  private ConstantNodes() {}

  /** The graph with the Constant nodes of some types as initializers; outputs stay nodes. */
  public static Graph lift(Graph graph, Predicate<DType> types) {
    Map<String, Tensor> constants = new LinkedHashMap<>(graph.constants());
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      boolean tensor =
          node.is("Constant")
              && node.attributes().get("value") instanceof Attribute.OfTensor value
              && types.test(value.value().dtype())
              && !graph.isOutput(node.output(0));
      if (tensor) {
        constants.put(node.output(0), node.tensorAttribute("value"));
      } else {
        nodes.add(node);
      }
    }
    return nodes.size() == graph.nodes().size()
        ? graph
        : graph.withNodes(nodes).withConstants(constants);
  }
}
