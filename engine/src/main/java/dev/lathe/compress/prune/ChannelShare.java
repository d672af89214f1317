package dev.lathe.compress.prune;

import dev.lathe.compress.surgery.ChannelGraph;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Removes {@code round(sparsity * channels)} of each group, or of all groups together after their
 * scores were divided by their mean. What would empty a group, or leave a count that is no
 * multiple, stays.
 *
 * @param sparsity 0 or more, less than 1
 * @param multiple that counts of channels are rounded up to
 */
public record ChannelShare(double sparsity, boolean global, int multiple) implements ChannelBudget {

  public ChannelShare {
    if (!(sparsity >= 0 && sparsity < 1)) {
      throw new UsageException(
          new Problem(
              "the share of channels to remove must be at least 0 and less than 1",
              "sparsity " + sparsity,
              "a layer without channels makes nothing",
              "use 0.3 for 30 %"));
    }
    ChannelBudget.requireMultiple(multiple);
  }

  @Override
  public String describe() {
    return "sparsity "
        + sparsity
        + (global ? " over all groups" : " in each group")
        + ChannelBudget.rounded(multiple);
  }

  @Override
  public int[] choose(ChannelGraph graph, List<ScoredGroup> groups) {
    int[] removed = new int[groups.size()];
    List<BitSet> lowest =
        Ranking.lowest(
            groups.stream().map(ChannelShare::normalized).toList(),
            Math.round(sparsity * groups.stream().mapToInt(ScoredGroup::size).sum()));
    for (int i = 0; i < removed.length; i++) {
      int size = groups.get(i).size();
      int wanted = global ? lowest.get(i).cardinality() : (int) Math.round(sparsity * size);
      removed[i] = size - ChannelBudget.keep(size - wanted, multiple, size);
    }
    return removed;
  }

  private static double[] normalized(ScoredGroup group) {
    double mean = Arrays.stream(group.scores()).average().orElse(0);
    return Arrays.stream(group.scores()).map(score -> mean == 0 ? 0 : score / mean).toArray();
  }
}
