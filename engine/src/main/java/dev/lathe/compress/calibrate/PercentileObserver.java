package dev.lathe.compress.calibrate;

import dev.lathe.quant.Range;

/**
 * The range that holds P per cent of the values, half of the rest left out on each side: rare
 * outliers saturate, so that the others get finer steps. Precise to a bin of the histogram, at most
 * 1/2048 of the largest magnitude.
 */
final class PercentileObserver implements Observer {

  private static final String PREFIX = "percentile:";

  private final Histogram histogram = new Histogram();
  private final double leftOut;

  private PercentileObserver(double percentile) {
    this.leftOut = (100 - percentile) / 200;
  }

  /** The method for a percentile, 50 to 100. */
  static CalibrationMethod method(double percentile) {
    if (!(percentile >= 50 && percentile <= 100)) {
      throw new IllegalArgumentException("percentile must be 50 to 100, got " + percentile);
    }
    return new CalibrationMethod(
        PREFIX + percentile, Histogram.BINS * Long.BYTES, () -> new PercentileObserver(percentile));
  }

  @Override
  public void observe(float[] values, int count) {
    histogram.add(values, count);
  }

  @Override
  public Range range() {
    return histogram.between(leftOut);
  }
}
