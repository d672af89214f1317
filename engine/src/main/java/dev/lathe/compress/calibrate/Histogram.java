package dev.lathe.compress.calibrate;

import dev.lathe.quant.Range;

/**
 * Counts of values in equal bins over [-limit, limit), where the limit is a power of two that grows
 * with the data. Doubling it merges pairs of bins exactly, so the counts depend only on the values,
 * not on their order.
 */
final class Histogram {

  static final int BINS = 1 << 13;

  private static final int HALF = BINS / 2;

  private final long[] counts = new long[BINS];
  private int exponent = Float.MIN_EXPONENT;
  private double scale = Math.scalb((double) HALF, -exponent);
  private long total;
  private float min = Float.POSITIVE_INFINITY;
  private float max = Float.NEGATIVE_INFINITY;

  /** Adds finite values. */
  void add(float[] values, int count) {
    float largest = 0;
    for (int i = 0; i < count; i++) {
      min = Math.min(min, values[i]);
      max = Math.max(max, values[i]);
      largest = Math.max(largest, Math.abs(values[i]));
    }
    growTo(largest);
    for (int i = 0; i < count; i++) {
      counts[HALF + (int) Math.floor(values[i] * scale)]++;
    }
    total += count;
  }

  /** Makes the limit exceed {@code magnitude}. */
  private void growTo(float magnitude) {
    int needed = Math.max(exponent, Math.getExponent(magnitude) + 1);
    for (; exponent < needed && total > 0; exponent++) {
      mergePairs();
    }
    exponent = needed;
    scale = Math.scalb((double) HALF, -exponent);
  }

  private void mergePairs() {
    long[] merged = new long[BINS];
    for (int bin = 0; bin < BINS; bin++) {
      merged[HALF + Math.floorDiv(bin - HALF, 2)] += counts[bin];
    }
    System.arraycopy(merged, 0, counts, 0, BINS);
  }

  long total() {
    return total;
  }

  /**
   * The smallest range of whole bins that leaves out at most a fraction of the values on each side,
   * no wider than what was seen.
   */
  Range between(double leftOut) {
    if (total == 0) {
      return new Range(0, 0);
    }
    long budget = (long) Math.floor(leftOut * total);
    int low = 0;
    for (long skipped = counts[0]; skipped <= budget && low < BINS - 1; skipped += counts[low]) {
      low++;
    }
    int high = BINS - 1;
    for (long skipped = counts[high]; skipped <= budget && high > low; skipped += counts[high]) {
      high--;
    }
    float from = (float) Math.max(min, (low - HALF) / scale);
    float to = (float) Math.min(max, (high + 1 - HALF) / scale);
    return new Range(Math.min(from, to), to);
  }
}
