package dev.lathe.compress.calibrate;

import dev.lathe.quant.Range;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * The moving average of the smallest and of the largest value of each batch, so that one odd batch
 * does not decide. With c = {@value #CONSTANT} (PyTorch's {@code MovingAverageMinMaxObserver}),
 *
 * <pre>  s = (1 - c) s + c x,  average = s / (1 - (1 - c)^n)</pre>
 *
 * after n batches: the bias correction of Adam (Kingma and Ba, 2015), by which a few batches count
 * nearly alike instead of the first one deciding.
 *
 * <p>Merging means appending: {@code s = (1 - c)^m s + s'} for m later batches. So the order of the
 * parts matters as the order of the batches does, and so does the batch size.
 */
final class MovingAverage implements Observer {

  /** Weight of a batch. */
  static final double CONSTANT = 0.01;

  static final CalibrationMethod METHOD =
      new CalibrationMethod("average", Float.BYTES * 2 + Double.BYTES * 3, MovingAverage::new);

  private float batchMin = Float.POSITIVE_INFINITY;
  private float batchMax = Float.NEGATIVE_INFINITY;
  private double min;
  private double max;
  private long batches;

  @Override
  public void observe(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      batchMin = Math.min(batchMin, values[i]);
      batchMax = Math.max(batchMax, values[i]);
    }
  }

  @Override
  public void endBatch() {
    if (batchMin > batchMax) {
      return;
    }
    min = (1 - CONSTANT) * min + CONSTANT * batchMin;
    max = (1 - CONSTANT) * max + CONSTANT * batchMax;
    batches++;
    batchMin = Float.POSITIVE_INFINITY;
    batchMax = Float.NEGATIVE_INFINITY;
  }

  @Override
  public Range range() {
    if (batches == 0) {
      return new Range(0, 0);
    }
    double weight = 1 - Math.pow(1 - CONSTANT, (double) batches);
    float low = within(min / weight);
    float high = within(max / weight);
    return new Range(Math.min(low, high), high);
  }

  /** Rounding may carry an average of the largest floats beyond them. */
  private static float within(double average) {
    return (float) Math.clamp(average, -Float.MAX_VALUE, Float.MAX_VALUE);
  }

  @Override
  public void merge(Observer later) {
    MovingAverage other = (MovingAverage) later;
    double kept = Math.pow(1 - CONSTANT, (double) other.batches);
    min = kept * min + other.min;
    max = kept * max + other.max;
    batches += other.batches;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeDouble(min);
    out.writeDouble(max);
    out.writeLong(batches);
  }

  @Override
  public void read(DataInput in) throws IOException {
    min = in.readDouble();
    max = in.readDouble();
    batches = in.readLong();
    if (!(Double.isFinite(min) && Double.isFinite(max) && min <= max && batches >= 0)) {
      throw new IOException("no averages of " + batches + " batches: " + min + ", " + max);
    }
  }
}
