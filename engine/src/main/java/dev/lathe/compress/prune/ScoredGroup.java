package dev.lathe.compress.prune;

import dev.lathe.compress.surgery.Channel;
import dev.lathe.compress.surgery.ChannelGroup;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A group, ranked.
 *
 * @param order of the channels: those that go first come first
 * @param scores in that order, to compare with those of other groups once divided by their mean
 * @param losses in that order: what each costs when those before it went, to compare with those of
 *     other groups as they are
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ScoredGroup(
    ChannelGroup group, List<Integer> order, double[] scores, double[] losses) {

  /**
   * Ranks by scores, of equals the first. A channel costs its share of the scores that are left,
   * for every layer that makes it.
   *
   * @param scores by channel, none negative
   */
  static ScoredGroup of(ChannelGroup group, double[] scores) {
    List<Integer> order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted((a, b) -> Double.compare(scores[a], scores[b]))
            .toList();
    double[] sorted = order.stream().mapToDouble(i -> scores[i]).toArray();
    double[] losses = new double[scores.length];
    double left = 0;
    for (int i = scores.length - 1; i >= 0; i--) {
      left += sorted[i];
      losses[i] = left == 0 ? 0 : group.filters().size() * sorted[i] / left;
    }
    return new ScoredGroup(group, order, sorted, losses);
  }

  public int size() {
    return scores.length;
  }

  /** Channels from one place of the order to another. */
  List<Channel> channels(int from, int to) {
    return order.subList(from, to).stream().map(group.channels()::get).toList();
  }

  double loss(int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += losses[i];
    }
    return sum;
  }
}
