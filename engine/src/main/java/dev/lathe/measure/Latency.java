package dev.lathe.measure;

import org.apache.commons.statistics.descriptive.Quantile;

/**
 * Quantiles of repeated times, in milliseconds.
 *
 * @param samples number of times behind them
 * @param spread (p90 - p50) / p50; above 0.2 the machine was not quiet
 */
public record Latency(
    double min, double p50, double p90, double p95, double p99, int samples, double spread) {

  private static final Quantile QUANTILE =
      Quantile.withDefaults().with(Quantile.EstimationMethod.HF7);

  /** Summarizes times in nanoseconds; at least one. */
  public static Latency of(double[] nanos) {
    double[] q = QUANTILE.evaluate(nanos.clone(), 0, 0.5, 0.9, 0.95, 0.99);
    return new Latency(
        q[0] / 1e6, q[1] / 1e6, q[2] / 1e6, q[3] / 1e6, q[4] / 1e6, nanos.length, q[2] / q[1] - 1);
  }
}
