package dev.lathe.pass;

import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import org.jspecify.annotations.Nullable;

/**
 * A node that clamps a float value to known bounds: Relu, Clip, Min and Max with a constant.
 *
 * @param input the value it clamps
 */
record Clamp(String input, float min, float max) {

  /** What {@code node} clamps, or null when it does something else or its bounds aren't known. */
  static @Nullable Clamp of(GraphEditor graph, @Nullable Node node) {
    if (node == null) {
      return null;
    }
    if (node.is("Relu")) {
      return new Clamp(node.input(0), 0, Float.POSITIVE_INFINITY);
    }
    if (node.is("Clip")) {
      Float min = bound(graph, node, 1, "min", Float.NEGATIVE_INFINITY);
      Float max = bound(graph, node, 2, "max", Float.POSITIVE_INFINITY);
      return min == null || max == null ? null : ordered(node.input(0), min, max);
    }
    boolean lower = node.is("Max");
    if ((!lower && !node.is("Min")) || node.inputs().size() != 2) {
      return null;
    }
    for (int side = 0; side < 2; side++) {
      Float bound = Edits.scalar(graph, node.input(side));
      if (bound != null && isNarrow(graph, node.input(side))) {
        return lower
            ? ordered(node.input(1 - side), bound, Float.POSITIVE_INFINITY)
            : ordered(node.input(1 - side), Float.NEGATIVE_INFINITY, bound);
      }
    }
    return null;
  }

  /** Whether a constant of one element cannot add axes to what it is broadcast with. */
  private static boolean isNarrow(GraphEditor graph, String value) {
    var tensor = graph.constant(value);
    return tensor != null && tensor.shape().rank() <= 1;
  }

  private static @Nullable Clamp ordered(String input, float min, float max) {
    return min <= max ? new Clamp(input, min, max) : null;
  }

  private static @Nullable Float bound(
      GraphEditor graph, Node node, int input, String attribute, float fallback) {
    return node.hasInput(input)
        ? Edits.scalar(graph, node.input(input))
        : Float.valueOf(node.floatAttribute(attribute, fallback));
  }

  /** The bounds of clamping to [low, high] first and to this range then: those of both. */
  Clamp after(float low, float high) {
    return new Clamp(input, clamp(low), clamp(high));
  }

  private float clamp(float bound) {
    return Math.min(Math.max(bound, min), max);
  }
}
