package dev.lathe.compress.prune;

import dev.lathe.compress.surgery.Channel;
import dev.lathe.compress.surgery.ChannelGroup;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A group and what its channels matter.
 *
 * @param order of the channels, those of the lowest score first, of equals the first
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ScoredGroup(ChannelGroup group, double[] scores, List<Integer> order) {

  static ScoredGroup of(ChannelGroup group, double[] scores) {
    List<Integer> order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted((a, b) -> Double.compare(scores[a], scores[b]))
            .toList();
    return new ScoredGroup(group, scores, order);
  }

  public int size() {
    return scores.length;
  }

  /** Channels from one place of the order to another. */
  List<Channel> lowest(int from, int to) {
    return order.subList(from, to).stream().map(group.channels()::get).toList();
  }

  double sum(int from, int to) {
    return order.subList(from, to).stream().mapToDouble(i -> scores[i]).sum();
  }
}
