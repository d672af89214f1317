package dev.lathe.report;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;

/**
 * What the values of a weight tensor look like.
 *
 * @param zeros elements that are exactly zero
 * @param finite elements that are numbers and not infinite; the others count for nothing below
 * @param min smallest value, 0 when there is none
 * @param squares sum of the squared distances from the mean
 */
record WeightStatistics(
    long elements, long zeros, long finite, double min, double max, double mean, double squares) {

  static final WeightStatistics NONE = new WeightStatistics(0, 0, 0, 0, 0, 0, 0);

  static WeightStatistics of(Tensor tensor) {
    long elements = tensor.elements();
    if (!Scores.isReadable(tensor.dtype()) || tensor.dtype() == DType.BOOL) {
      return new WeightStatistics(elements, 0, 0, 0, 0, 0, 0);
    }
    long zeros = 0;
    long finite = 0;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    double sum = 0;
    for (long i = 0; i < elements; i++) {
      double value = Scores.value(tensor, i);
      zeros += value == 0 ? 1 : 0;
      if (Double.isFinite(value)) {
        finite++;
        sum += value;
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
    }
    if (finite == 0) {
      return new WeightStatistics(elements, zeros, 0, 0, 0, 0, 0);
    }
    double mean = sum / finite;
    double squares = 0;
    for (long i = 0; i < elements; i++) {
      double distance = Scores.value(tensor, i) - mean;
      squares += Double.isFinite(distance) ? distance * distance : 0;
    }
    return new WeightStatistics(elements, zeros, finite, min, max, mean, squares);
  }

  /** Statistics of both sets of values together (Chan, Golub and LeVeque's update of moments). */
  WeightStatistics plus(WeightStatistics other) {
    long both = finite + other.finite;
    if (finite == 0 || other.finite == 0) {
      WeightStatistics known = finite == 0 ? other : this;
      return new WeightStatistics(
          elements + other.elements,
          zeros + other.zeros,
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
        both,
        Math.min(min, other.min),
        Math.max(max, other.max),
        mean + apart * other.finite / both,
        squares + other.squares + apart * apart * finite * other.finite / both);
  }

  double sparsity() {
    return elements == 0 ? 0 : (double) zeros / elements;
  }

  /** Standard deviation of the finite values. */
  double std() {
    return finite == 0 ? 0 : Math.sqrt(squares / finite);
  }
}
