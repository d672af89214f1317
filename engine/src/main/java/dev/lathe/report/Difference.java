package dev.lathe.report;

import dev.lathe.error.Problem;
import dev.lathe.error.ToleranceException;
import dev.lathe.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How far tensors are from reference tensors of the same shapes.
 *
 * @param elements compared
 * @param identical elements of the same value (NaN equals NaN)
 * @param maxAbs largest absolute difference; infinite where only one of two is a number
 * @param maxMagnitude largest absolute value of the reference
 * @param samples rows along the first axis
 * @param sameArgmax rows with their highest value at the same place
 */
public record Difference(
    long elements,
    long identical,
    double maxAbs,
    double maxMagnitude,
    long samples,
    long sameArgmax) {

  private static final double SMALLEST = 1e-6;

  public static final Difference NONE = new Difference(0, 0, 0, 0, 0, 0);

  /**
   * Compares two tensors.
   *
   * @throws ToleranceException when their shapes differ
   */
  public static Difference of(String name, Tensor tensor, Tensor reference) {
    if (!tensor.shape().equals(reference.shape())) {
      throw new ToleranceException(
          new Problem(
              "output '" + name + "' is " + tensor + ", the other's is " + reference,
              "comparison of outputs",
              "",
              "compare models with the same outputs"));
    }
    Scores left = Scores.of(tensor, java.util.List.of());
    Scores right = Scores.of(reference, java.util.List.of());
    long identical = 0;
    double maxAbs = 0;
    double magnitude = 0;
    for (long i = 0; i < tensor.elements(); i++) {
      double a = left.value(i);
      double b = right.value(i);
      if (a == b || (Double.isNaN(a) && Double.isNaN(b))) {
        identical++;
      } else {
        double apart = Math.abs(a - b);
        maxAbs = Math.max(maxAbs, Double.isNaN(apart) ? Double.POSITIVE_INFINITY : apart);
      }
      if (Double.isFinite(b)) {
        magnitude = Math.max(magnitude, Math.abs(b));
      }
    }
    long same = 0;
    for (int sample = 0; sample < left.samples(); sample++) {
      same += left.argmax(sample) == right.argmax(sample) ? 1 : 0;
    }
    return new Difference(tensor.elements(), identical, maxAbs, magnitude, left.samples(), same);
  }

  /** Both comparisons as one. */
  public Difference plus(Difference other) {
    return new Difference(
        elements + other.elements,
        identical + other.identical,
        Math.max(maxAbs, other.maxAbs),
        Math.max(maxMagnitude, other.maxMagnitude),
        samples + other.samples,
        sameArgmax + other.sameArgmax);
  }

  /** Largest difference in units of the reference's largest magnitude. */
  public double relative() {
    return maxAbs == 0 ? 0 : maxAbs / Math.max(maxMagnitude, Double.MIN_NORMAL);
  }

  /**
   * Whether the tensors are as close as engines of single precision get.
   *
   * @param tolerance largest difference in units of the reference's largest magnitude; differences
   *     of at most 1e-6 pass in any case, since engines approximate the functions that yield
   *     probabilities to that, and all of them may be tiny
   */
  public boolean isWithin(double tolerance) {
    return relative() <= tolerance || maxAbs <= SMALLEST;
  }

  /** Share of rows whose highest value is at the same place, 0..1. */
  public double argmaxAgreement() {
    return samples == 0 ? 1 : (double) sameArgmax / samples;
  }

  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("max_abs", maxAbs);
    json.put("max_rel", relative());
    json.put("identical", elements == 0 ? 1 : (double) identical / elements);
    json.put("argmax_agreement", argmaxAgreement());
    json.put("samples", samples);
    return json;
  }
}
