package dev.lathe.cli;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.measure.Peer;

/** Finds other engines by name. */
final class Peers {

  private Peers() {}

  /**
   * The peer of a name.
   *
   * @throws UsageException when no provider of it is on the path
   */
  static Peer require(String id) {
    return Peer.find(id)
        .orElseThrow(
            () ->
                new UsageException(
                    new Problem(
                        "there is no peer '" + id + "'",
                        "option --peer",
                        "peers are found as services; the engine itself brings none",
                        "use 'ort' through engine/bin/lathe, which adds bench.jar to the path")));
  }
}
