package dev.lathe.graph;

import java.util.Set;

/**
 * The side of {@link Graph#opaque()} this layer sees: values the file defines in a form that is no
 * dense {@link dev.lathe.tensor.Tensor}, such as string and sparse initializers. They count as
 * defined, and passes leave them alone.
 */
public interface HiddenValues {

  /** Names of the hidden values. */
  Set<String> names();

  /** Names of the values hidden in a graph's opaque part. */
  static Set<String> of(Graph graph) {
    return graph.opaque() instanceof HiddenValues hidden ? hidden.names() : Set.of();
  }
}
