package dev.lathe.compress.prune;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Zeroes {@code round(sparsity * groups)} groups of the lowest score.
 *
 * <p>Per layer, that many of every weight. Globally, that many of all weights together, after the
 * scores of each weight were divided by their mean: layers of small weights are then no cheaper to
 * prune than others.
 *
 * @param sparsity 0 to 1
 */
public record Share(double sparsity, boolean global) implements Budget {

  public Share {
    if (!(sparsity >= 0 && sparsity <= 1)) {
      throw new UsageException(
          new Problem(
              "sparsity must be from 0 to 1",
              "sparsity " + sparsity,
              "it is the share of the weights to set to zero",
              "use 0.8 for 80 %"));
    }
  }

  @Override
  public String describe() {
    return "sparsity " + sparsity + (global ? " over all layers" : " in each layer");
  }

  @Override
  public List<BitSet> choose(List<ScoredWeight> weights) {
    List<double[]> scores = weights.stream().map(ScoredWeight::scores).toList();
    if (global) {
      return lowest(scores.stream().map(Share::normalized).toList());
    }
    List<BitSet> masks = new ArrayList<>();
    scores.forEach(one -> masks.addAll(lowest(List.of(one))));
    return masks;
  }

  private List<BitSet> lowest(List<double[]> scores) {
    long groups = scores.stream().mapToLong(one -> one.length).sum();
    return Ranking.lowest(scores, Math.round(sparsity * groups));
  }

  private static double[] normalized(double[] scores) {
    double mean = Arrays.stream(scores).average().orElse(0);
    return mean == 0 ? scores : Arrays.stream(scores).map(score -> score / mean).toArray();
  }
}
