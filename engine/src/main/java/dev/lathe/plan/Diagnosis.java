package dev.lathe.plan;

import dev.lathe.error.LatheException;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that stands in the way of planning a graph, found in one walk.
 *
 * @param facts of the main graph's values, as far as inference got
 * @param findings in the order of the nodes
 * @param waiting nodes that are planned while running, when the contents they need are there
 * @param unchecked nodes whose operator exists but whose inputs inference did not reach
 */
public record Diagnosis(Facts facts, List<Finding> findings, List<Finding> waiting, int unchecked) {

  /**
   * A node and what is wrong with it.
   *
   * @param scope the nodes whose bodies the node is in, outermost first; empty in the main graph
   * @param opset version of the node's domain
   * @param inputs facts of its inputs; null for an omitted or unknown one
   */
  public record Finding(
      Node node,
      List<String> scope,
      long opset,
      List<@Nullable TensorFact> inputs,
      LatheException reason) {}

  public Diagnosis {
    findings = List.copyOf(findings);
    waiting = List.copyOf(waiting);
  }
}
