package dev.lathe.compress.prune;

import dev.lathe.compress.weights.WeightView;
import org.jspecify.annotations.Nullable;

/** Which weights become zero together. */
public interface Granularity {

  /** As the command line spells it. */
  String name();

  /** The groups of one weight, in an order that decides ties: of equals the first is zeroed. */
  Partition partition(WeightView view);

  /** How much is zeroed when the pattern itself says so, else null. */
  default @Nullable Budget budget() {
    return null;
  }
}
