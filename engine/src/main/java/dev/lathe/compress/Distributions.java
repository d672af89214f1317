package dev.lathe.compress;

/** The distributions of one output for one sample, of the original and of a changed network. */
final class Distributions {

  /** What a probability of 0 counts as. */
  private static final double LEAST = 1e-12;

  private static final double SUM_TOLERANCE = 1e-3;

  private final OutputReference.Layout layout;
  private final float[] original;
  private final float[] changed;
  private final int first;

  Distributions(OutputReference.Layout layout, float[] original, float[] changed, int sample) {
    this.layout = layout;
    this.original = original;
    this.changed = changed;
    this.first = sample * layout.sample();
  }

  private int count() {
    return layout.sample() / layout.classes();
  }

  /** Index of the first class of distribution {@code d}. */
  private int start(int d) {
    int block = d / layout.stride();
    return first + block * layout.classes() * layout.stride() + d % layout.stride();
  }

  /** Share of the distributions whose likeliest class is the same. */
  double sameClass() {
    int same = 0;
    for (int d = 0; d < count(); d++) {
      same += largest(original, start(d)) == largest(changed, start(d)) ? 1 : 0;
    }
    return (double) same / count();
  }

  private int largest(float[] values, int start) {
    int best = 0;
    for (int c = 1; c < layout.classes(); c++) {
      if (values[start + c * layout.stride()] > values[start + best * layout.stride()]) {
        best = c;
      }
    }
    return best;
  }

  /** Mean of {@code sum p log(p / q)}, p the original's. */
  double divergence() {
    double sum = 0;
    for (int d = 0; d < count(); d++) {
      sum += divergence(start(d));
    }
    return sum / count();
  }

  private double divergence(int start) {
    boolean probabilities = isProbabilities(start);
    double p0 = probabilities ? 0 : logPartition(original, start);
    double q0 = probabilities ? 0 : logPartition(changed, start);
    double divergence = 0;
    for (int c = 0; c < layout.classes(); c++) {
      int at = start + c * layout.stride();
      double logP = probabilities ? Math.log(Math.max(original[at], LEAST)) : original[at] - p0;
      double logQ = probabilities ? Math.log(Math.max(changed[at], LEAST)) : changed[at] - q0;
      divergence += Math.exp(logP) * (logP - logQ);
    }
    return Math.max(0, divergence);
  }

  private boolean isProbabilities(int start) {
    double sum = 0;
    for (int c = 0; c < layout.classes(); c++) {
      float value = original[start + c * layout.stride()];
      if (!(value >= 0)) {
        return false;
      }
      sum += value;
    }
    return Math.abs(sum - 1) < SUM_TOLERANCE;
  }

  /** The logarithm of the sum of exponentials. */
  private double logPartition(float[] values, int start) {
    double largest = values[start + largest(values, start) * layout.stride()];
    double sum = 0;
    for (int c = 0; c < layout.classes(); c++) {
      sum += Math.exp(values[start + c * layout.stride()] - largest);
    }
    return largest + Math.log(sum);
  }

  /** Of all values together; 1 when both are zero. */
  double cosine() {
    double product = 0;
    double lhs = 0;
    double rhs = 0;
    for (int i = first; i < first + layout.sample(); i++) {
      product += (double) original[i] * changed[i];
      lhs += (double) original[i] * original[i];
      rhs += (double) changed[i] * changed[i];
    }
    if (lhs == 0 || rhs == 0) {
      return lhs == rhs ? 1 : 0;
    }
    return product / (Math.sqrt(lhs) * Math.sqrt(rhs));
  }
}
