package dev.lathe.compress.share;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.recover.Grid;
import dev.lathe.compress.recover.GridReconstruction;
import dev.lathe.compress.recover.LayerProblem;
import dev.lathe.compress.recover.LayerwiseSolver;
import dev.lathe.compress.scheme.WeightCode;
import dev.lathe.compress.scheme.WeightCoder;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.weights.SelectedWeights;
import dev.lathe.compress.weights.WeightFinder;
import dev.lathe.graph.Network;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Weights at those values of their codebooks that change the outputs of their layers least on
 * samples: the assignment of k-means by {@link GridReconstruction}.
 */
final class FittedCodebooks {

  private final ShareMethod.Codes codes;
  private final @Nullable Pattern include;
  private final @Nullable Pattern exclude;

  private FittedCodebooks(
      ShareMethod.Codes codes, @Nullable Pattern include, @Nullable Pattern exclude) {
    this.codes = codes;
    this.include = include;
    this.exclude = exclude;
  }

  /** The assignment for a method; null when it leaves nothing to choose. */
  static @Nullable FittedCodebooks of(
      ShareMethod method, @Nullable Pattern include, @Nullable Pattern exclude) {
    if (method instanceof ShareMethod.Codes codes
        && codes.scheme().name().startsWith("kmeans")
        && codes.granularity().kind() != WeightGranularity.Kind.BLOCK) {
      return new FittedCodebooks(codes, include, exclude);
    }
    return null;
  }

  Network apply(Network network, CompressionContext context) {
    SelectedWeights selected =
        SelectedWeights.of(network.graph(), WeightFinder.Scope.CODED, include, exclude);
    return new LayerwiseSolver("share", new GridReconstruction(this::grid), false, context)
        .solve(network.withGraph(selected.graph()), selected.weights())
        .network();
  }

  private Grid grid(LayerProblem problem) {
    WeightCode code = WeightCoder.encode(problem.weight(), codes.scheme(), codes.granularity());
    if (!(code instanceof WeightCode.Codebook codebook)) {
      throw new IllegalArgumentException("no codebook: " + codes.scheme().name());
    }
    boolean shared = codebook.books().length == 1;
    return (row, value) -> codebook.nearest(shared ? 0 : row, value);
  }
}
