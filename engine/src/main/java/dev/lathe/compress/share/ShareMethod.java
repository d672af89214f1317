package dev.lathe.compress.share;

import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.scheme.WeightScheme;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;

/** What is shared. */
public sealed interface ShareMethod {

  /** Values from a codebook or from buckets, as a scheme of weights has them. */
  record Codes(WeightScheme scheme, WeightGranularity granularity) implements ShareMethod {}

  /**
   * Filters of a layer: those that are nearly alike become their mean.
   *
   * @param tolerance largest distance of two that are tied, as a share of the longer one, 0 to 1
   */
  record Filters(double tolerance) implements ShareMethod {
    public Filters {
      check(tolerance);
    }
  }

  /**
   * Weights of layers: those of one shape that are nearly alike become one, their mean.
   *
   * @param tolerance largest distance of two that are tied, as a share of the longer one, 0 to 1
   */
  record Layers(double tolerance) implements ShareMethod {
    public Layers {
      check(tolerance);
    }
  }

  private static void check(double tolerance) {
    if (!(tolerance >= 0 && tolerance < 1)) {
      throw new UsageException(
          new Problem(
              "the tolerance is out of range",
              "tolerance " + tolerance,
              "it is a share of the norm, from 0 to below 1",
              ""));
    }
  }
}
