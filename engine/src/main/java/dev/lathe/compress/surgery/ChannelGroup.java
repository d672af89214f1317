package dev.lathe.compress.surgery;

import java.util.List;

/**
 * Channels that touch the same dimensions, so that each can be weighed against the others.
 *
 * @param filters the weights that make them, in the order of the graph
 * @param channels each may go without the others; one at least has to stay
 */
public record ChannelGroup(List<Filters> filters, List<Channel> channels) {

  public ChannelGroup {
    filters = List.copyOf(filters);
    channels = List.copyOf(channels);
  }

  /** Names of the nodes that make the channels. */
  public List<String> nodes() {
    return filters.stream().map(one -> one.node().name()).toList();
  }

  /** The nodes whose filters go together, as messages list them. */
  public String name() {
    return String.join(" + ", nodes());
  }
}
