package dev.lathe.compress.prune;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.surgery.ChannelGraph;
import dev.lathe.compress.surgery.ChannelGroup;
import dev.lathe.compress.surgery.Filters;
import java.util.Arrays;
import java.util.List;

/**
 * The scores of the filters that make a channel, each divided by the mean of its layer, summed over
 * the layers that are coupled.
 */
public record FilterScore(ImportanceScore score) implements ChannelScore {

  @Override
  public String name() {
    return score.name();
  }

  @Override
  public List<ScoredGroup> rank(
      ChannelGraph graph, List<ChannelGroup> groups, CompressionContext context) {
    return groups.stream().map(group -> ScoredGroup.of(group, scores(group))).toList();
  }

  private double[] scores(ChannelGroup group) {
    double[] sums = new double[group.channels().size()];
    for (Filters filters : group.filters()) {
      double[] rows = score.of(filters.weight(), new Filter().partition(filters.view()));
      double mean = Arrays.stream(rows).average().orElse(0);
      for (int i = 0; mean > 0 && i < sums.length; i++) {
        for (int index : group.channels().get(i).of(filters.axis())) {
          for (int row = 0; row < filters.rows(); row++) {
            sums[i] += rows[index * filters.rows() + row] / mean;
          }
        }
      }
    }
    return sums;
  }
}
