package dev.lathe.compress.prune;

import dev.lathe.compress.surgery.ChannelGraph;
import dev.lathe.compress.surgery.ChannelGroup;

/** How much the channels of a group matter, against each other. */
public interface ChannelScore {

  /** As the provenance in the file names it. */
  String name();

  /** Why it says nothing of a group, which is then kept; empty when it does. */
  default String obstacle(ChannelGraph graph, ChannelGroup group) {
    return "";
  }

  /** One score per channel of the group, none negative; the lowest go first. */
  double[] of(ChannelGraph graph, ChannelGroup group);
}
