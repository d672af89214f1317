package dev.lathe.compress.calibrate;

import dev.lathe.quant.Range;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Counts values in a histogram and chooses the range from it. */
final class HistogramObserver implements Observer {

  private final Histogram histogram = new Histogram();
  private final Function<Histogram, Range> choice;

  private HistogramObserver(Function<Histogram, Range> choice) {
    this.choice = choice;
  }

  /** A method that chooses the range from the histogram of all values, which is not empty. */
  static CalibrationMethod method(String name, Function<Histogram, Range> choice) {
    return method(name, (histogram, bits) -> choice.apply(histogram));
  }

  /** A method that chooses it for values of so many bits. */
  static CalibrationMethod method(String name, BiFunction<Histogram, Integer, Range> choice) {
    return new CalibrationMethod(
        name,
        Histogram.BINS * Long.BYTES,
        bits -> new HistogramObserver(histogram -> choice.apply(histogram, bits)));
  }

  @Override
  public void observe(float[] values, int count) {
    histogram.add(values, count);
  }

  @Override
  public void endBatch() {}

  @Override
  public Range range() {
    return histogram.total() == 0 ? new Range(0, 0) : choice.apply(histogram);
  }

  @Override
  public void merge(Observer later) {
    histogram.merge(((HistogramObserver) later).histogram);
  }

  @Override
  public void write(DataOutput out) throws IOException {
    histogram.write(out);
  }

  @Override
  public void read(DataInput in) throws IOException {
    histogram.read(in);
  }
}
