package dev.lathe.pass;

import dev.lathe.graph.Node;
import dev.lathe.kernel.UnaryF32;
import org.jspecify.annotations.Nullable;

/**
 * A node that applies one function of {@link UnaryF32} to every element.
 *
 * @param input the value it is applied to
 * @param function the name of the function
 * @param a its first parameter
 * @param b its second parameter
 */
record ElementFunction(String input, String function, float a, float b) {

  /** What {@code node} computes; null when it is something else. */
  static @Nullable ElementFunction of(Node node) {
    if (!node.domain().isEmpty()) {
      return null;
    }
    return switch (node.opType()) {
      case "Sigmoid", "Tanh", "Softplus" ->
          plain(node, node.opType().toUpperCase(java.util.Locale.ROOT));
      case "HardSwish" -> plain(node, "HARD_SWISH");
      case "Gelu" ->
          plain(
              node,
              node.textAttribute("approximate", "none").equals("tanh") ? "GELU_TANH" : "GELU");
      case "LeakyRelu" -> with(node, "LEAKY_RELU", node.floatAttribute("alpha", 0.01f), 0);
      case "Elu" -> with(node, "ELU", node.floatAttribute("alpha", 1), 0);
      case "HardSigmoid" ->
          with(
              node,
              "HARD_SIGMOID",
              node.floatAttribute("alpha", 0.2f),
              node.floatAttribute("beta", 0.5f));
      case "Swish" -> with(node, "SWISH", node.floatAttribute("alpha", 1), 0);
      default -> null;
    };
  }

  private static ElementFunction plain(Node node, String function) {
    return with(node, function, 0, 0);
  }

  private static ElementFunction with(Node node, String function, float a, float b) {
    return new ElementFunction(node.input(0), function, a, b);
  }
}
