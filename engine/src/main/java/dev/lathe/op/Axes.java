package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import org.jspecify.annotations.Nullable;

/** Axis operands: negative axes count from the end; lists come as attribute or as input. */
final class Axes {

  private Axes() {}

  /** An axis in [0, rank). */
  static int of(Node node, long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw GraphErrors.invalid(node, "axis " + axis + " is outside rank " + rank);
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /** The axis attribute {@code axis}. */
  static int attribute(Node node, long fallback, int rank) {
    return of(node, node.intAttribute("axis", fallback), rank);
  }

  /** Distinct axes in [0, rank), in the order given. */
  static int[] of(Node node, long[] axes, int rank) {
    int[] result = new int[axes.length];
    boolean[] seen = new boolean[rank];
    for (int i = 0; i < axes.length; i++) {
      result[i] = of(node, axes[i], rank);
      if (seen[result[i]]) {
        throw GraphErrors.invalid(node, "axis " + axes[i] + " is given twice");
      }
      seen[result[i]] = true;
    }
    return result;
  }

  /**
   * An integer list that older operator sets give as attribute {@code key} and newer ones as input;
   * null when the node has neither.
   */
  static long @Nullable [] list(Inference inference, String key, int input) {
    long[] attribute = inference.node().intsAttribute(key);
    if (attribute != null || !inference.has(input)) {
      return attribute;
    }
    return inference.requireValue(input, "input " + input + " ('" + key + "')").toLongs();
  }

  /** As {@link #list}, for operands the node must have. */
  static long[] requireList(Inference inference, String key, int input) {
    long[] values = list(inference, key, input);
    if (values == null) {
      throw GraphErrors.invalid(inference.node(), "'" + key + "' is missing");
    }
    return values;
  }
}
