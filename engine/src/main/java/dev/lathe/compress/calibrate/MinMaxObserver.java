package dev.lathe.compress.calibrate;

import dev.lathe.quant.Range;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

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
  public void endBatch() {}

  @Override
  public Range range() {
    return min > max ? new Range(0, 0) : new Range(min, max);
  }

  @Override
  public void merge(Observer later) {
    MinMaxObserver other = (MinMaxObserver) later;
    min = Math.min(min, other.min);
    max = Math.max(max, other.max);
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeFloat(min);
    out.writeFloat(max);
  }

  @Override
  public void read(DataInput in) throws IOException {
    min = in.readFloat();
    max = in.readFloat();
    boolean nothing = min == Float.POSITIVE_INFINITY && max == Float.NEGATIVE_INFINITY;
    if (!nothing && !(Float.isFinite(min) && Float.isFinite(max) && min <= max)) {
      throw new IOException("no range: [" + min + ", " + max + "]");
    }
  }
}
