package dev.lathe.compress.prune;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.recover.Moments;
import dev.lathe.compress.weights.Weight;
import dev.lathe.parallel.Workers;

/** A score that looks at the second moments of what the product reads. */
interface ObservedScore extends ImportanceScore {

  @Override
  default boolean observes() {
    return true;
  }

  @Override
  default double[] of(Weight weight, Partition groups) {
    CompressionContext.none().requireSamples(name());
    throw new IllegalStateException(name());
  }

  @Override
  double[] of(Weight weight, Partition groups, Moments moments, Workers workers);
}
