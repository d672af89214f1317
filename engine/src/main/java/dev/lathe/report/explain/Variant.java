package dev.lathe.report.explain;

import dev.lathe.graph.Network;
import dev.lathe.runtime.RunOptions;
import java.util.function.Supplier;

/**
 * A network of one layer and how it is run.
 *
 * @param key the same for what takes the same time
 * @param network makes it; called when it is measured
 */
public record Variant(String key, Supplier<Network> network, RunOptions options) {

  static Variant of(Work work, RunOptions options) {
    return new Variant(work.toString(), () -> Alone.of(work), options);
  }

  Variant with(RunOptions other) {
    return new Variant(key, network, other);
  }
}
