package dev.lathe.report;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;

/**
 * What the values of a weight tensor look like.
 *
 * @param zeros elements that are exactly zero
 * @param min smallest finite value, 0 when there is none
 */
record WeightStatistics(long elements, long zeros, double min, double max) {

  static final WeightStatistics NONE = new WeightStatistics(0, 0, 0, 0);

  static WeightStatistics of(Tensor tensor) {
    boolean real = tensor.dtype() == DType.FLOAT32;
    if (!real && !(tensor.dtype().isInteger() && tensor.dtype().bits() <= 64)) {
      return new WeightStatistics(tensor.elements(), 0, 0, 0);
    }
    long zeros = 0;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (long i = 0; i < tensor.elements(); i++) {
      double value = real ? tensor.f32(i) : tensor.integer(i);
      if (value == 0) {
        zeros++;
      }
      if (Double.isFinite(value)) {
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
    }
    return min > max
        ? new WeightStatistics(tensor.elements(), zeros, 0, 0)
        : new WeightStatistics(tensor.elements(), zeros, min, max);
  }

  WeightStatistics plus(WeightStatistics other) {
    if (elements == 0 || other.elements == 0) {
      return elements == 0 ? other : this;
    }
    return new WeightStatistics(
        elements + other.elements,
        zeros + other.zeros,
        Math.min(min, other.min),
        Math.max(max, other.max));
  }

  double sparsity() {
    return elements == 0 ? 0 : (double) zeros / elements;
  }
}
