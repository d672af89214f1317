package dev.lathe.report;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;

/**
 * What the values of a weight tensor look like.
 *
 * @param zeros elements that are exactly zero
 * @param nans elements that are no numbers
 * @param infinities elements that are infinite
 * @param finite elements that are numbers and not infinite; the others count for nothing below
 * @param min smallest value, 0 when there is none
 * @param squares sum of the squared distances from the mean
 */
public record WeightStatistics(
    long elements,
    long zeros,
    long nans,
    long infinities,
    long finite,
    double min,
    double max,
    double mean,
    double squares) {

  public static final WeightStatistics NONE = unknown(0);

  private static WeightStatistics unknown(long elements) {
    return new WeightStatistics(elements, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  /** Whether the elements of a type are numbers to have statistics of. */
  static boolean knows(DType dtype) {
    return Scores.isReadable(dtype) && dtype != DType.BOOL;
  }

  public static WeightStatistics of(Tensor tensor) {
    return of(tensor, 1, 1, 0, tensor.elements());
  }

  /**
   * Of one channel of a tensor [outer, channels, inner]; its values are read twice and not kept.
   */
  public static WeightStatistics of(
      Tensor tensor, long outer, long channels, long channel, long inner) {
    if (!knows(tensor.dtype())) {
      return unknown(outer * inner);
    }
    long zeros = 0;
    long nans = 0;
    long infinities = 0;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    double sum = 0;
    for (long o = 0; o < outer; o++) {
      long start = (o * channels + channel) * inner;
      for (long i = start; i < start + inner; i++) {
        double value = Scores.value(tensor, i);
        if (Double.isFinite(value)) {
          zeros += value == 0 ? 1 : 0;
          sum += value;
          min = Math.min(min, value);
          max = Math.max(max, value);
        } else if (Double.isNaN(value)) {
          nans++;
        } else {
          infinities++;
        }
      }
    }
    long elements = outer * inner;
    long finite = elements - nans - infinities;
    if (finite == 0) {
      return new WeightStatistics(elements, 0, nans, infinities, 0, 0, 0, 0, 0);
    }
    double mean = sum / finite;
    double squares = 0;
    for (long o = 0; o < outer; o++) {
      long start = (o * channels + channel) * inner;
      for (long i = start; i < start + inner; i++) {
        double distance = Scores.value(tensor, i) - mean;
        squares += Double.isFinite(distance) ? distance * distance : 0;
      }
    }
    return new WeightStatistics(elements, zeros, nans, infinities, finite, min, max, mean, squares);
  }

  /** Statistics of both sets of values together (Chan, Golub and LeVeque's update of moments). */
  WeightStatistics plus(WeightStatistics other) {
    long both = finite + other.finite;
    if (finite == 0 || other.finite == 0) {
      WeightStatistics known = finite == 0 ? other : this;
      return new WeightStatistics(
          elements + other.elements,
          zeros + other.zeros,
          nans + other.nans,
          infinities + other.infinities,
          both,
          known.min,
          known.max,
          known.mean,
          known.squares);
    }
    double apart = other.mean - mean;
    return new WeightStatistics(
        elements + other.elements,
        zeros + other.zeros,
        nans + other.nans,
        infinities + other.infinities,
        both,
        Math.min(min, other.min),
        Math.max(max, other.max),
        mean + apart * other.finite / both,
        squares + other.squares + apart * apart * finite * other.finite / both);
  }

  public double sparsity() {
    return elements == 0 ? 0 : (double) zeros / elements;
  }

  /** Standard deviation of the finite values. */
  double std() {
    return finite == 0 ? 0 : Math.sqrt(squares / finite);
  }
}
