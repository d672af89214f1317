package dev.lathe.pass;

import dev.lathe.graph.Graph;

/**
 * One rewriting of a graph that keeps its meaning. Stateless; returns the same object when nothing
 * changed.
 */
public interface Pass {

  /** Short and unique, as logs and {@code explain} name it. */
  String name();

  Graph apply(Graph graph, PassContext context);
}
