package dev.lathe.compress.prune;

import dev.lathe.compress.recover.Moments;
import dev.lathe.compress.weights.Weight;
import dev.lathe.parallel.Workers;

/** How much groups of weights matter. */
public interface ImportanceScore {

  /** As the provenance in the file names it. */
  String name();

  /**
   * One score per group, none negative; groups of the lowest are zeroed first. A group that is all
   * zero has the score 0, so that what is zero already counts towards the target.
   *
   * @throws dev.lathe.error.UsageException when the score {@link #observes}
   */
  double[] of(Weight weight, Partition groups);

  /** The same for a score that observes; the result does not depend on the crew. */
  default double[] of(Weight weight, Partition groups, Moments moments, Workers workers) {
    return of(weight, groups);
  }

  /** Whether it looks at what products read, and so needs samples. */
  default boolean observes() {
    return false;
  }

  /** Whether the weights that are left are fitted to the outputs there were. */
  default boolean fits() {
    return false;
  }
}
