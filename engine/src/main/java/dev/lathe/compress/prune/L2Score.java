package dev.lathe.compress.prune;

import dev.lathe.compress.weights.Weight;

/**
 * The root of the mean of {@code w * w} over the group: the L2 norm, made independent of the
 * group's size.
 */
record L2Score() implements ImportanceScore {

  @Override
  public String name() {
    return "l2";
  }

  @Override
  public double[] of(Weight weight, Partition groups) {
    double[] scores = Groups.means(weight, groups, x -> x * x);
    for (int i = 0; i < scores.length; i++) {
      scores[i] = Math.sqrt(scores[i]);
    }
    return scores;
  }
}
