package dev.lathe.measure;

import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;
import org.apache.commons.statistics.descriptive.Median;
import org.apache.commons.statistics.descriptive.Quantile;

/**
 * Percentile bootstrap (Efron, 1979) of a median or a mean; seeded, so the same samples give the
 * same interval.
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

  /**
   * Mean of the samples and its 95 % interval; at least one sample. Of differences between two
   * systems on the same items this is the paired bootstrap.
   */
  public static Interval mean(double[] samples) {
    SplittableRandom random = new SplittableRandom(SEED);
    double[] means = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      double sum = 0;
      for (int j = 0; j < samples.length; j++) {
        sum += samples[random.nextInt(samples.length)];
      }
      means[i] = sum / samples.length;
    }
    double[] bounds = Quantile.withDefaults().evaluate(means, 0.025, 0.975);
    return new Interval(Arrays.stream(samples).average().orElseThrow(), bounds[0], bounds[1]);
  }
}
