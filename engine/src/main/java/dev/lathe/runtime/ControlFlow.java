package dev.lathe.runtime;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A node that runs graphs of its own. Thread-safe. */
abstract sealed class ControlFlow implements AutoCloseable permits Branches, Loop, Scan {

  /**
   * The runner of a node, or null when it has no body.
   *
   * @param constants those of the graph around it, whose names its bodies may use
   */
  static @Nullable ControlFlow of(Engine engine, Node node, Map<String, Tensor> constants) {
    if (!node.domain().isEmpty()) {
      return null;
    }
    return switch (node.opType()) {
      case "If" -> new Branches(engine, node, constants);
      case "Loop" -> new Loop(engine, node, constants);
      case "Scan" -> new Scan(engine, node, constants);
      default -> null;
    };
  }

  /**
   * Outputs of the node.
   *
   * @param values of the graph around it, by name
   */
  abstract List<Tensor> run(Map<String, Tensor> values);

  static Graph body(Node node, String attribute) {
    if (node.attributes().get(attribute) instanceof Attribute.OfGraph(Graph graph)) {
      return graph;
    }
    throw GraphErrors.invalid(node, "has no graph '" + attribute + "'");
  }

  static boolean truth(Node node, Tensor condition) {
    if (condition.dtype() != DType.BOOL || condition.elements() != 1) {
      throw GraphErrors.invalid(node, "condition is " + condition + ", expected one bool");
    }
    return condition.integer(0) != 0;
  }

  @Override
  public abstract void close();
}
