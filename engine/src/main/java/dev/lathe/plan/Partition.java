package dev.lathe.plan;

import dev.lathe.error.ContentRequiredException;
import dev.lathe.graph.Node;
import java.util.List;

/**
 * How far a graph can be planned with what is known ahead of execution.
 *
 * @param facts of every value that was reached
 * @param ready nodes that can be planned, in topological order
 * @param blocked nodes behind {@code ready} that need the contents of some input first
 * @param deferred every other node, in topological order, the blocked ones among them
 */
public record Partition(Facts facts, List<Node> ready, List<Blocked> blocked, List<Node> deferred) {

  /** A node and what it waits for. */
  public record Blocked(Node node, ContentRequiredException reason) {}

  /** Whether the whole graph can be planned. */
  public boolean isComplete() {
    return deferred.isEmpty();
  }
}
