package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.plan.Planner;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What passes may ask.
 *
 * @param opsets operator sets the model imports
 * @param inputs facts of the graph's inputs, or null in the stage before shapes are known
 * @param notes where passes say why they left something as it was
 */
public record PassContext(
    Planner planner,
    Map<String, Long> opsets,
    @Nullable Map<String, TensorFact> inputs,
    Notes notes) {

  public long opset() {
    return opsets.getOrDefault("", 1L);
  }

  /**
   * Facts of every value of a graph.
   *
   * @throws IllegalStateException in the stage before shapes are known
   */
  public Facts facts(Graph graph) {
    if (inputs == null) {
      throw new IllegalStateException("shapes are not known in this stage");
    }
    return planner.infer(graph, opsets, inputs);
  }
}
