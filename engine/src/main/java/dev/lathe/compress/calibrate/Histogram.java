package dev.lathe.compress.calibrate;

import dev.lathe.quant.Range;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Counts of values in equal bins over [-limit, limit), where the limit is a power of two that grows
 * with the data. Doubling it merges pairs of bins exactly, so the counts depend only on the values,
 * not on their order nor on which histogram counted them before two were merged.
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
    growToExponent(Math.max(exponent, Math.getExponent(magnitude) + 1));
  }

  private void growToExponent(int needed) {
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

  long count(int bin) {
    return counts[bin];
  }

  float min() {
    return min;
  }

  float max() {
    return max;
  }

  /** Where a bin begins; {@link #BINS} is the end of the last. */
  double lower(int bin) {
    return (bin - HALF) / scale;
  }

  /** The bin of a value that was seen. */
  int bin(float value) {
    return HALF + (int) Math.floor(value * scale);
  }

  /** The range of bins {@code [from, to)}, no wider than what was seen. */
  Range range(int from, int to) {
    float low = (float) Math.max(min, lower(from));
    float high = (float) Math.min(max, lower(to));
    return new Range(Math.min(low, high), high);
  }

  /** Adds the counts of another histogram. */
  void merge(Histogram other) {
    Histogram finer = new Histogram();
    finer.set(other);
    int common = total == 0 ? other.exponent : Math.max(exponent, other.exponent);
    growToExponent(common);
    finer.growToExponent(common);
    for (int bin = 0; bin < BINS; bin++) {
      counts[bin] += finer.counts[bin];
    }
    total += other.total;
    min = Math.min(min, other.min);
    max = Math.max(max, other.max);
  }

  private void set(Histogram other) {
    System.arraycopy(other.counts, 0, counts, 0, BINS);
    exponent = other.exponent;
    scale = other.scale;
    total = other.total;
    min = other.min;
    max = other.max;
  }

  void write(DataOutput out) throws IOException {
    out.writeInt(exponent);
    out.writeFloat(min);
    out.writeFloat(max);
    for (long count : counts) {
      out.writeLong(count);
    }
  }

  void read(DataInput in) throws IOException {
    exponent = in.readInt();
    min = in.readFloat();
    max = in.readFloat();
    scale = Math.scalb((double) HALF, -exponent);
    total = 0;
    for (int bin = 0; bin < BINS; bin++) {
      counts[bin] = in.readLong();
      total = Math.addExact(total, counts[bin]);
      if (counts[bin] < 0) {
        throw new IOException("a negative count");
      }
    }
    if (exponent < Float.MIN_EXPONENT || exponent > Float.MAX_EXPONENT + 1) {
      throw new IOException("limit 2^" + exponent);
    }
    if (total > 0 && !(lower(0) <= min && min <= max && max < lower(BINS))) {
      throw new IOException("[" + min + ", " + max + "] is not within 2^" + exponent);
    }
  }
}
