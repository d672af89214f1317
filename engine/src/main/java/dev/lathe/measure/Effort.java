package dev.lathe.measure;

import java.time.Duration;

/**
 * How long to measure.
 *
 * @param warmUp at most
 * @param time of one comparison, or of one model that is timed alone
 * @param iterations timed runs instead of a time, or 0
 * @param blocks ABBA blocks instead of a time, or 0
 */
public record Effort(Duration warmUp, Duration time, int iterations, int blocks) {

  private static final int MOST_BLOCKS = 2_000;

  /** Timed runs of a model that takes {@code nanos}. */
  public int runs(double nanos) {
    if (iterations > 0) {
      return iterations;
    }
    return Math.clamp(Math.round(time.toNanos() / Math.max(1, nanos)), 10, 1_000_000);
  }

  /** Blocks of a comparison of two models; {@code nanos} is the sum of their times. */
  public int blocks(double nanos) {
    if (blocks > 0) {
      return blocks;
    }
    double perBlock = Math.max(2 * nanos, Comparison.MIN_BLOCK_NANOS);
    return iterations > 0
        ? Math.ceilDiv(iterations, 2)
        : (int) Math.min(time.toNanos() / perBlock, MOST_BLOCKS);
  }
}
