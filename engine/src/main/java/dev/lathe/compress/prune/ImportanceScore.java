package dev.lathe.compress.prune;

import dev.lathe.compress.weights.Weight;

/** How much groups of weights matter. */
public interface ImportanceScore {

  /** As the provenance in the file names it. */
  String name();

  /**
   * One score per group, none negative; groups of the lowest are zeroed first. A group that is all
   * zero has the score 0, so that what is zero already counts towards the target.
   */
  double[] of(Weight weight, Partition groups);
}
