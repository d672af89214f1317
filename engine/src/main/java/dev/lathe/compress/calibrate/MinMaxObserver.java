package dev.lathe.compress.calibrate;

import dev.lathe.quant.Range;

/** The smallest and the largest value seen: nothing saturates on the calibration data. */
final class MinMaxObserver implements Observer {

  static final CalibrationMethod METHOD =
      new CalibrationMethod("minmax", Float.BYTES * 2, MinMaxObserver::new);

  private float min = Float.POSITIVE_INFINITY;
  private float max = Float.NEGATIVE_INFINITY;

  @Override
  public void observe(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      min = Math.min(min, values[i]);
      max = Math.max(max, values[i]);
    }
  }

  @Override
  public Range range() {
    return min > max ? new Range(0, 0) : new Range(min, max);
  }
}
