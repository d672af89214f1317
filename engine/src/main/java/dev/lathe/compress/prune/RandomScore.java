package dev.lathe.compress.prune;

import dev.lathe.compress.weights.Weight;

/**
 * A number in (0, 1] that depends on nothing but the seed, the weight's name and the group: the
 * baseline the other scores have to beat.
 */
record RandomScore(long seed) implements ImportanceScore {

  private static final long STEP = 0x9E3779B97F4A7C15L;

  @Override
  public String name() {
    return "random, seed " + seed;
  }

  @Override
  public double[] of(Weight weight, Partition groups) {
    double[] scores = Groups.means(weight, groups, Math::abs);
    long stream = mix(mix(seed) + weight.name().hashCode());
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] > 0) {
        scores[i] = ((mix(stream + i * STEP) >>> 11) + 1) * 0x1p-53;
      }
    }
    return scores;
  }

  /** The output function of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
  static long mix(long state) {
    long z = state + STEP;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
