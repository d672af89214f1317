package dev.lathe.compress.calibrate;

import dev.lathe.quant.Range;

/**
 * The range that holds P per cent of the values, half of the rest left out on each side: rare
 * outliers saturate, so that the others get finer steps. Precise to a bin of the histogram, at most
 * 1/2048 of the largest magnitude.
 */
final class Percentile {

  private Percentile() {}

  /** The method for a percentile, 50 to 100. */
  static CalibrationMethod method(double percentile) {
    if (!(percentile >= 50 && percentile <= 100)) {
      throw new IllegalArgumentException("percentile must be 50 to 100, got " + percentile);
    }
    double leftOut = (100 - percentile) / 200;
    return HistogramObserver.method(
        "percentile:" + percentile, histogram -> between(histogram, leftOut));
  }

  /**
   * The smallest range of whole bins that leaves out at most a fraction of the values on each side,
   * no wider than what was seen.
   */
  private static Range between(Histogram histogram, double leftOut) {
    long budget = (long) Math.floor(leftOut * histogram.total());
    int low = 0;
    for (long skipped = histogram.count(0); skipped <= budget && low < Histogram.BINS - 1; ) {
      skipped += histogram.count(++low);
    }
    int high = Histogram.BINS - 1;
    for (long skipped = histogram.count(high); skipped <= budget && high > low; ) {
      skipped += histogram.count(--high);
    }
    return histogram.range(low, high + 1);
  }
}
