package dev.lathe.compress.prune;

import dev.lathe.compress.weights.Weight;

/** The mean of {@code |w|} over the group: the L1 norm, made independent of the group's size. */
record L1Score() implements ImportanceScore {

  @Override
  public String name() {
    return "l1";
  }

  @Override
  public double[] of(Weight weight, Partition groups) {
    return Groups.means(weight, groups, Math::abs);
  }
}
