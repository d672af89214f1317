package dev.lathe.compress.prune;

import dev.lathe.compress.surgery.Channel;
import dev.lathe.compress.surgery.ChannelGraph;
import dev.lathe.compress.surgery.MacCount;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.List;
import java.util.Locale;

/**
 * Removes channels one by one, or step by step of a multiple, until the multiply-accumulates of the
 * network are at most a share of what they were. Next is the group that loses least per
 * multiply-accumulate saved.
 *
 * @param share above 0, at most 1
 * @param multiple that counts of channels are kept at
 */
public record TargetMacs(double share, int multiple) implements ChannelBudget {

  public TargetMacs {
    requireShare(share);
    ChannelBudget.requireMultiple(multiple);
  }

  @Override
  public String describe() {
    return describe(share) + ChannelBudget.rounded(multiple);
  }

  @Override
  public int[] choose(ChannelGraph graph, List<ScoredGroup> groups) {
    MacCount macs = graph.macs();
    double start = macs.total();
    int[] removed = new int[groups.size()];
    while (macs.total() > share * start) {
      int best = -1;
      double lowest = Double.POSITIVE_INFINITY;
      for (int i = 0; i < removed.length; i++) {
        double cost = cost(groups.get(i), removed[i], macs);
        if (cost < lowest) {
          lowest = cost;
          best = i;
        }
      }
      if (best < 0) {
        throw unreachable(
            share, macs.total() / start, "with one step left in every group that may change");
      }
      macs.remove(step(groups.get(best), removed[best]));
      removed[best] += step(groups.get(best), removed[best]).size();
    }
    return removed;
  }

  /** Loss per multiply-accumulate of the next step; infinite when there is none. */
  private double cost(ScoredGroup group, int removed, MacCount macs) {
    List<Channel> step = step(group, removed);
    double saved = step.isEmpty() ? 0 : macs.saved(step);
    if (saved <= 0) {
      return Double.POSITIVE_INFINITY;
    }
    return group.loss(removed, removed + step.size()) / saved;
  }

  /** What goes next from a group of which some went already; nothing when one would not be left. */
  private List<Channel> step(ScoredGroup group, int removed) {
    int left = group.size() - removed;
    int fewer = (left - 1) / multiple * multiple;
    return fewer < 1 ? List.of() : group.channels(removed, removed + left - fewer);
  }

  static void requireShare(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new UsageException(
          new Problem(
              "the share of multiply-accumulates to keep must be above 0 and at most 1",
              "target " + share,
              "",
              "use 0.7 to remove 30 %"));
    }
  }

  static String describe(double share) {
    return "to " + share + " of the MACs";
  }

  /**
   * The target is below what can be reached.
   *
   * @param least share of the MACs that is left
   * @param when it is left
   */
  static UsageException unreachable(double share, double least, String when) {
    return new UsageException(
        new Problem(
            "the target can't be reached",
            "target " + share,
            String.format(Locale.ROOT, "%s, %.3f of the MACs remain", when, least),
            "ask for more, or let more nodes change"));
  }
}
