package dev.lathe.compress.weights;

import dev.lathe.compress.FoldedConstants;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The weights a method of compression works on: all finite, at least one.
 *
 * @param graph the one asked for, its float Constant nodes turned into initializers, and for codes
 *     also quantized weights of products with a float operand
 * @param weights each constant once, however many nodes read it
 * @param kept nodes that keep their weights, with the reason
 */
public record SelectedWeights(Graph graph, List<Weight> weights, List<String> kept) {

  public SelectedWeights {
    weights = List.copyOf(weights);
    kept = List.copyOf(kept);
  }

  /** The network with initializers in the place of what depends on constants alone. */
  public static Network prepared(Network network) {
    Graph lifted = ConstantNodes.lift(network.graph(), Weight::isFloat);
    return FoldedConstants.of(network.withGraph(lifted));
  }

  /**
   * Selects weights.
   *
   * @param include only nodes whose name contains a match, or null for all
   * @param exclude no nodes whose name contains a match, or null for none
   * @throws UsageException when no weight is left, or a pattern matches no node
   * @throws InvalidModelException when a weight holds NaN or infinity
   */
  public static SelectedWeights of(
      Graph given, WeightFinder.Scope scope, @Nullable Pattern include, @Nullable Pattern exclude) {
    Graph constants = ConstantNodes.lift(given, Weight::isFloat);
    Graph graph =
        scope == WeightFinder.Scope.CODED ? DequantizedWeights.floats(constants) : constants;
    WeightFinder.Found found = WeightFinder.find(graph, scope, include, exclude);
    NodePatterns.requireMatch(
        include,
        exclude,
        found.products().stream().map(Node::name).toList(),
        "Conv, Gemm and MatMul with a constant weight");
    if (found.weights().isEmpty()) {
      throw new UsageException(
          new Problem(
              "there is no weight to change",
              "graph '" + graph.name() + "'",
              found.kept().isEmpty()
                  ? "no Conv, Gemm or MatMul has a constant weight"
                  : String.join("; ", found.kept()),
              "check --nodes and --exclude; 'lathe inspect --layers' lists the nodes"));
    }
    requireFinite(found.weights());
    return new SelectedWeights(graph, found.weights(), found.kept());
  }

  /**
   * Checks contents.
   *
   * @throws InvalidModelException naming every weight that holds NaN or infinity
   */
  public static void requireFinite(List<Weight> weights) {
    List<Problem> problems = new ArrayList<>();
    for (Weight weight : weights) {
      long bad = weight.firstNonFinite();
      if (bad >= 0) {
        problems.add(
            new Problem(
                "weight '" + weight.name() + "' holds " + weight.tensor().real(bad),
                weight.node() + ", element " + bad,
                "it has no rank among numbers",
                "train or export the model again, or exclude the node"));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidModelException(problems);
    }
  }
}
