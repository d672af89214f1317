package dev.lathe.op;

import dev.lathe.graph.Node;

/**
 * The interpolation along one axis of a Resize as a table: output index i is the sum of {@code
 * taps} input elements times their weights.
 *
 * <pre>
 *   indices, weights: [out x taps];  y[i] = sum over t of weights[i, t] * x[indices[i, t]]
 * </pre>
 *
 * <p>Cubic weights are those of Keys (1981) with attribute {@code cubic_coeff_a}. Antialiasing
 * stretches the filter by 1 / scale when shrinking and normalizes it. Elements outside repeat the
 * edge or, with {@code exclude_outside}, are left out and the rest normalized.
 */
final class ResizeFilter {

  final int taps;
  final int[] indices;
  final double[] weights;

  private ResizeFilter(int taps, int[] indices, double[] weights) {
    this.taps = taps;
    this.indices = indices;
    this.weights = weights;
  }

  static ResizeFilter of(Node node, ResizeAxis axis) {
    boolean cubic = node.textAttribute("mode", "").equals("cubic");
    boolean antialias = node.intAttribute("antialias", 0) != 0;
    boolean excludes = node.intAttribute("exclude_outside", 0) != 0;
    double a = node.floatAttribute("cubic_coeff_a", -0.75f);
    double stretch = antialias ? Math.min(axis.scale, 1) : 1;
    int radius = cubic ? 2 : 1;
    int first = (int) Math.floor(-radius / stretch) + 1;
    int taps = 2 - 2 * first;
    int count = axis.positions.length;
    int[] indices = new int[Math.multiplyExact(count, taps)];
    double[] weights = new double[indices.length];
    for (int i = 0; i < count; i++) {
      double floor = Math.floor(axis.positions[i]);
      double ratio = axis.positions[i] - floor;
      double sum = 0;
      for (int t = 0; t < taps; t++) {
        double distance = Math.abs(first + t - ratio) * stretch;
        double index = floor + first + t;
        boolean outside = index < 0 || index >= axis.extent;
        double weight = cubic ? cubic(distance, a) : Math.max(0, 1 - distance);
        indices[i * taps + t] = (int) Math.clamp(index, 0.0, axis.extent - 1.0);
        weights[i * taps + t] = outside && excludes ? 0 : weight;
        sum += weights[i * taps + t];
      }
      if (antialias || excludes) {
        for (int t = 0; t < taps; t++) {
          weights[i * taps + t] /= sum;
        }
      }
    }
    return new ResizeFilter(taps, indices, weights);
  }

  /** Keys' kernel at a distance x >= 0. */
  static double cubic(double x, double a) {
    if (x <= 1) {
      return ((a + 2) * x - (a + 3)) * x * x + 1;
    }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
  }
}
