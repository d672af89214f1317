package dev.lathe.compress.calibrate;

import dev.lathe.quant.Levels;
import dev.lathe.quant.QuantParams;
import dev.lathe.quant.Range;
import dev.lathe.quant.Scheme;

/**
 * The range with the least expected squared error of quantizing: the sum over the histogram of
 * {@code count * (x - dequantize(quantize(x)))^2}, x the middle of a bin, with the scale and zero
 * point the quantizer would choose for the range. Where levels are closer than bins, values within
 * the range count with the {@code scale^2 / 12} of even rounding instead.
 *
 * <p>Both ends move in steps of 1/{@value #STEPS} of the way from zero to the extreme that was
 * seen: first together, then each in turn to its best place until neither moves. The error is never
 * above that of the extremes themselves.
 */
final class SquaredError {

  static final CalibrationMethod METHOD = HistogramObserver.method("mse", SquaredError::choose);

  private static final int STEPS = 128;

  private final Histogram histogram;
  private final Levels levels;
  private final double width;

  /** Sums over the bins before an index, of counts and of their first two moments. */
  private final double[] count = new double[Histogram.BINS + 1];

  private final double[] sum = new double[Histogram.BINS + 1];
  private final double[] squares = new double[Histogram.BINS + 1];

  private SquaredError(Histogram histogram, int bits) {
    this.levels = Levels.unsigned(bits);
    this.histogram = histogram;
    this.width = histogram.lower(1) - histogram.lower(0);
    for (int bin = 0; bin < Histogram.BINS; bin++) {
      double middle = histogram.lower(bin) + width / 2;
      double here = histogram.count(bin);
      count[bin + 1] = count[bin] + here;
      sum[bin + 1] = sum[bin] + here * middle;
      squares[bin + 1] = squares[bin] + here * middle * middle;
    }
  }

  private static Range choose(Histogram histogram, int bits) {
    SquaredError error = new SquaredError(histogram, bits);
    int low = STEPS;
    int high = STEPS;
    double least = error.of(low, high);
    for (int both = STEPS - 1; both > 0; both--) {
      double candidate = error.of(both, both);
      if (candidate < least) {
        least = candidate;
        low = both;
        high = both;
      }
    }
    for (boolean moved = true; moved; ) {
      moved = false;
      for (int step = STEPS; step >= 0; step--) {
        double lower = error.of(step, high);
        if (lower < least) {
          least = lower;
          low = step;
          moved = true;
        }
      }
      for (int step = STEPS; step >= 0; step--) {
        double higher = error.of(low, step);
        if (higher < least) {
          least = higher;
          high = step;
          moved = true;
        }
      }
    }
    return error.range(low, high);
  }

  private double of(int low, int high) {
    return of(range(low, high));
  }

  /** A share of the extremes that were seen, widened to zero. */
  private Range range(int low, int high) {
    return new Range(
        (float) (Math.min(0.0, histogram.min()) * low / STEPS),
        (float) (Math.max(0.0, histogram.max()) * high / STEPS));
  }

  private double of(Range range) {
    QuantParams params = QuantParams.choose(Scheme.AFFINE, levels, range);
    double scale = params.scale(0);
    if (scale < width) {
      return fine(params, scale);
    }
    double error = 0;
    int from = 0;
    for (int level = levels.min(); level <= levels.max(); level++) {
      double value = (level - params.zeroPoint(0)) * scale;
      int to = level == levels.max() ? Histogram.BINS : firstBin(value + scale / 2);
      error += squaredError(from, to, value);
      from = to;
    }
    return error;
  }

  /** Of levels closer than bins: what lies outside counts as it is clipped. */
  private double fine(QuantParams params, double scale) {
    double low = (levels.min() - params.zeroPoint(0)) * scale;
    double high = (levels.max() - params.zeroPoint(0)) * scale;
    int from = firstBin(low);
    int to = Math.max(from, firstBin(high));
    return squaredError(0, from, low)
        + (count[to] - count[from]) * scale * scale / 12
        + squaredError(to, Histogram.BINS, high);
  }

  /** Index of the first bin whose middle is not below a value. */
  private int firstBin(double value) {
    double bin = Math.ceil((value - histogram.lower(0)) / width - 0.5);
    return (int) Math.clamp(bin, 0, Histogram.BINS);
  }

  private double squaredError(int from, int to, double value) {
    double squared =
        squares[to]
            - squares[from]
            - 2 * value * (sum[to] - sum[from])
            + value * value * (count[to] - count[from]);
    return Math.max(0, squared);
  }
}
