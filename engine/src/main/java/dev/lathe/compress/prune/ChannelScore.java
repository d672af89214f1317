package dev.lathe.compress.prune;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.surgery.ChannelGraph;
import dev.lathe.compress.surgery.ChannelGroup;
import java.util.List;

/** How much channels matter. */
public interface ChannelScore {

  /** As the provenance in the file names it. */
  String name();

  /** Why it says nothing of a group, which is then kept; empty when it does. */
  default String obstacle(ChannelGraph graph, ChannelGroup group) {
    return "";
  }

  /** The groups, ranked, in the same order. */
  List<ScoredGroup> rank(ChannelGraph graph, List<ChannelGroup> groups, CompressionContext context);
}
