package dev.lathe.compress.surgery;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.SubGraphs;
import dev.lathe.graph.ValueInfo;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * For every value the last value before it that everything from the inputs passes through (its
 * immediate dominator), constants apart.
 */
final class Dominators {

  /** The root: what several inputs have in common. */
  private static final String INPUTS = "";

  private final Map<String, String> parents = new HashMap<>();
  private final Map<String, Integer> depths = new HashMap<>();

  private Dominators() {}

  /**
   * Of a graph whose nodes are sorted.
   *
   * @param constants values that need no input
   */
  static Dominators of(Graph graph, Set<String> constants) {
    Dominators dominators = new Dominators();
    dominators.depths.put(INPUTS, 0);
    for (ValueInfo input : graph.inputs()) {
      if (!constants.contains(input.name())) {
        dominators.put(input.name(), INPUTS);
      }
    }
    for (Node node : graph.nodes()) {
      String common = null;
      for (String used : SubGraphs.uses(node)) {
        if (dominators.depths.containsKey(used) && !constants.contains(used)) {
          common = common == null ? used : dominators.common(common, used);
        }
      }
      if (common != null) {
        for (String output : node.outputs()) {
          dominators.put(output, common);
        }
      }
    }
    return dominators;
  }

  private void put(String value, String parent) {
    if (!value.isEmpty()) {
      parents.put(value, parent);
      depths.put(value, depth(parent) + 1);
    }
  }

  private int depth(String value) {
    return depths.getOrDefault(value, 0);
  }

  private String common(String first, String second) {
    String a = first;
    String b = second;
    while (!a.equals(b)) {
      if (depth(a) >= depth(b)) {
        a = parents.getOrDefault(a, INPUTS);
      } else {
        b = parents.getOrDefault(b, INPUTS);
      }
    }
    return a;
  }

  /** The immediate dominator of a value; null when there is none but the inputs together. */
  @Nullable String of(String value) {
    String parent = parents.getOrDefault(value, INPUTS);
    return parent.equals(INPUTS) ? null : parent;
  }
}
