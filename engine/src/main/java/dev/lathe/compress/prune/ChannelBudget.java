package dev.lathe.compress.prune;

import dev.lathe.compress.surgery.ChannelGraph;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.List;

/** How many channels go. */
public interface ChannelBudget {

  /** As the provenance in the file says it. */
  String describe();

  /**
   * The number of channels that go from each group, those of the lowest score; of each group one at
   * least stays.
   */
  int[] choose(ChannelGraph graph, List<ScoredGroup> groups);

  /** Channels to keep: the next multiple, no more than there are. */
  static int keep(int wanted, int multiple, int channels) {
    return Math.min(channels, Math.ceilDiv(Math.max(1, wanted), multiple) * multiple);
  }

  /** Checks a multiple that counts of channels are rounded to. */
  static void requireMultiple(int multiple) {
    if (multiple < 1 || multiple > 1024) {
      throw new UsageException(
          new Problem(
              "channels are rounded to a multiple from 1 to 1024",
              "--round-to " + multiple,
              "",
              "use 4, 8 or 16"));
    }
  }

  static String rounded(int multiple) {
    return multiple == 1 ? "" : ", rounded up to multiples of " + multiple;
  }
}
