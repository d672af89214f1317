package dev.lathe.runtime;

import dev.lathe.graph.Network;
import dev.lathe.plan.ConstantStore;
import java.util.IdentityHashMap;

/**
 * Native forms of the constants of every network that sessions are open for, one store for all
 * sessions of a network: of whatever tiers, crews and input shapes.
 */
final class SharedConstants {

  private static final class Held {
    final ConstantStore store = new ConstantStore();
    int sessions;
  }

  private static final IdentityHashMap<Network, Held> OPEN = new IdentityHashMap<>();

  private SharedConstants() {}

  /** The network's store; to be {@linkplain #release released} once. */
  static ConstantStore acquire(Network network) {
    synchronized (OPEN) {
      Held held = OPEN.computeIfAbsent(network, absent -> new Held());
      held.sessions++;
      return held.store;
    }
  }

  /** Frees the network's store when no other session holds it. */
  static void release(Network network) {
    synchronized (OPEN) {
      Held held = OPEN.get(network);
      if (held != null && --held.sessions == 0) {
        OPEN.remove(network);
        held.store.close();
      }
    }
  }
}
