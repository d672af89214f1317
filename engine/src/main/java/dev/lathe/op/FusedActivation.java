package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.kernel.UnaryF32;
import dev.lathe.plan.Lowering;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * An element-wise function that internal operators apply to their result before it leaves the
 * cache: attributes {@code activation} (a {@link UnaryF32.Function}), {@code activation_a} and
 * {@code activation_b}. It comes after the clamp.
 */
record FusedActivation(UnaryF32 kernel, UnaryF32.Function function, float a, float b) {

  /** Bytes of results that wait for the function: a part of L2. */
  private static final int CHUNK_BYTES = 128 << 10;

  /** What the node says, or null when it has none. */
  static @Nullable FusedActivation of(Lowering lowering) {
    Node node = lowering.node();
    UnaryF32.Function function = function(node);
    return function == null
        ? null
        : new FusedActivation(
            lowering.kernels().pick(UnaryF32.class),
            function,
            node.floatAttribute("activation_a", 0),
            node.floatAttribute("activation_b", 0));
  }

  private static UnaryF32.@Nullable Function function(Node node) {
    String name = node.textAttribute("activation", "");
    if (name.isEmpty()) {
      return null;
    }
    for (UnaryF32.Function function : UnaryF32.Function.values()) {
      if (function.name().equals(name)) {
        return function;
      }
    }
    throw GraphErrors.invalid(node, "attribute 'activation' is '" + name + "'");
  }

  /** Rows of {@code columns} results to compute before the function is applied to them. */
  static int chunkRows(int columns, int mr) {
    return Math.max(1, CHUNK_BYTES / 4 / Math.max(1, columns) / mr) * mr;
  }

  /** Applies the function to rows of {@code columns} elements, {@code stride} apart. */
  void apply(MemorySegment data, long at, int rows, int columns, long stride) {
    if (columns == stride) {
      kernel.run(function, a, b, data, at, data, at, (long) rows * columns);
      return;
    }
    for (int row = 0; row < rows; row++) {
      long from = at + 4L * row * stride;
      kernel.run(function, a, b, data, from, data, from, columns);
    }
  }
}
