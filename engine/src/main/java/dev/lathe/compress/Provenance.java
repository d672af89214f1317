package dev.lathe.compress;

import dev.lathe.graph.Network;

/** What was done to a network, in the metadata its file keeps. */
public final class Provenance {

  private Provenance() {}

  /** Appends to what a key says already; saying the last again changes nothing. */
  public static Network append(Network network, String key, String description) {
    String earlier = network.metadata().getOrDefault(key, "");
    if (earlier.isEmpty()) {
      return network.withMetadata(key, description);
    }
    boolean known = earlier.equals(description) || earlier.endsWith("; then " + description);
    return known ? network : network.withMetadata(key, earlier + "; then " + description);
  }
}
