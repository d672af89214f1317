package dev.lathe.compress.recover;

/**
 * Coordinate descent on a grid: weight after weight goes to the grid value that makes {@code (w -
 * q) H (w - q)^T} smallest while the others stay, until none moves. It never gets worse. This is
 * the layer-wise objective of AdaRound (Nagel et al., 2020), without gradients and not limited to
 * the two neighbors of w.
 */
final class Descent {

  private static final int MAX_SWEEPS = 20;

  private final double[] moment;
  private final int k;

  Descent(double[] moment, int k) {
    this.moment = moment;
    this.k = k;
  }

  /**
   * Improves one filter.
   *
   * @param target w, at {@code from}
   * @param free which weights may move
   * @param q the filter, at 0; changed
   * @return {@code (w - q) H (w - q)^T} at the end
   */
  double run(double[] target, int from, boolean[] free, Grid grid, int row, double[] q) {
    double[] gradient = new double[k];
    for (int i = 0; i < k; i++) {
      addScaled(gradient, target[from + i] - q[i], i);
    }
    boolean moved = true;
    for (int sweep = 0; moved && sweep < MAX_SWEEPS; sweep++) {
      moved = false;
      for (int j = 0; j < k; j++) {
        double curvature = moment[j * k + j];
        if (!free[j] || !(curvature > 0)) {
          continue;
        }
        double moves = grid.nearest(row, q[j] + gradient[j] / curvature) - q[j];
        double gain = moves * (2 * gradient[j] - moves * curvature);
        if (moves != 0 && gain > 1e-12 * moves * moves * curvature) {
          q[j] += moves;
          addScaled(gradient, -moves, j);
          moved = true;
        }
      }
    }
    double loss = 0;
    for (int i = 0; i < k; i++) {
      loss += (target[from + i] - q[i]) * gradient[i];
    }
    return loss;
  }

  private void addScaled(double[] into, double factor, int line) {
    if (factor == 0) {
      return;
    }
    int at = line * k;
    for (int j = 0; j < k; j++) {
      into[j] += factor * moment[at + j];
    }
  }
}
