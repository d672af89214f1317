package dev.lathe.measure;

import java.util.Random;
import org.apache.commons.statistics.descriptive.Median;
import org.apache.commons.statistics.descriptive.Quantile;

/**
 * Percentile bootstrap (Efron, 1979) of a median; seeded, so the same samples give the same
 * interval.
 */
public final class Bootstrap {

  private static final int RESAMPLES = 2_000;
  private static final long SEED = 20_240_229;

  private Bootstrap() {}

  /** A value with the bounds of its 95 % confidence interval. */
  public record Interval(double value, double low, double high) {
    public boolean contains(double other) {
      return low <= other && other <= high;
    }
  }

  /** Median of the samples and its 95 % interval; at least one sample. */
  public static Interval median(double[] samples) {
    Random random = new Random(SEED);
    double[] medians = new double[RESAMPLES];
    double[] resample = new double[samples.length];
    Median median = Median.withDefaults();
    for (int i = 0; i < RESAMPLES; i++) {
      for (int j = 0; j < resample.length; j++) {
        resample[j] = samples[random.nextInt(samples.length)];
      }
      medians[i] = median.evaluate(resample);
    }
    double[] bounds = Quantile.withDefaults().evaluate(medians, 0.025, 0.975);
    return new Interval(median.evaluate(samples.clone()), bounds[0], bounds[1]);
  }
}
