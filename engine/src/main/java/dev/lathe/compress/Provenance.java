package dev.lathe.compress;

import dev.lathe.graph.Network;

/** What was done to a network, in the metadata its file keeps. */
public final class Provenance {

  private Provenance() {}

  /** Appends to what a key says already; saying the same again changes nothing. */
  public static Network append(Network network, String key, String description) {
    String earlier = network.metadata().getOrDefault(key, "");
    boolean known = earlier.isEmpty() || earlier.endsWith(description);
    return network.withMetadata(key, known ? description : earlier + "; then " + description);
  }
}
