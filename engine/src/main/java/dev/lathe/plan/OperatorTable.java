package dev.lathe.plan;

import dev.lathe.graph.Node;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The operators a planner may use, by name. */
public final class OperatorTable {

  private final Map<Operator.Key, Operator> byKey = new HashMap<>();

  public OperatorTable(List<Operator> operators) {
    for (Operator operator : operators) {
      for (Operator.Key key : operator.keys()) {
        Operator previous = byKey.put(key, operator);
        if (previous != null) {
          throw new IllegalArgumentException(key + " is implemented twice");
        }
      }
    }
  }

  /** The operator of a node, or null when nothing implements it. */
  public @Nullable Operator find(Node node) {
    String domain = node.domain().equals("ai.onnx") ? "" : node.domain();
    return byKey.get(new Operator.Key(domain, node.opType()));
  }

  public Collection<Operator.Key> keys() {
    return List.copyOf(byKey.keySet());
  }
}
