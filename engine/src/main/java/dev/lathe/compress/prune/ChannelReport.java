package dev.lathe.compress.prune;

import java.util.List;

/**
 * What became of the channels.
 *
 * @param groups in the order of the graph
 * @param kept nodes whose channels can't go, with the reason
 */
public record ChannelReport(List<Group> groups, List<String> kept, List<String> warnings) {

  /**
   * Channels that were weighed against each other.
   *
   * @param nodes that make them, together
   */
  public record Group(List<String> nodes, int before, int after) {
    public Group {
      nodes = List.copyOf(nodes);
    }
  }

  public ChannelReport {
    groups = List.copyOf(groups);
    kept = List.copyOf(kept);
    warnings = List.copyOf(warnings);
  }
}
