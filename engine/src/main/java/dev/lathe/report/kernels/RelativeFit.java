package dev.lathe.report.kernels;

import java.util.List;

/**
 * Least squares of relative errors with positive unknowns: minimises {@code sum over rows of (1 -
 * sum over j of row[j] * x[j] / row[last])^2}, one unknown at a time.
 */
final class RelativeFit {

  private static final int SWEEPS = 2000;

  /** What an unknown is at least, as a share of what it would be alone. */
  private static final double LEAST = 1e-3;

  private RelativeFit() {}

  /**
   * The unknowns.
   *
   * @param rows coefficients, none negative, followed by the value they should add up to, positive
   */
  static double[] of(List<double[]> rows) {
    int unknowns = rows.getFirst().length - 1;
    double[] x = new double[unknowns];
    double[] least = new double[unknowns];
    for (int j = 0; j < unknowns; j++) {
      least[j] = LEAST * best(rows, new double[unknowns], j);
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      for (int j = 0; j < unknowns; j++) {
        x[j] = Math.max(least[j], best(rows, x, j));
      }
    }
    return x;
  }

  /** The value of unknown j that suits the others. */
  private static double best(List<double[]> rows, double[] x, int j) {
    double[] others = x.clone();
    others[j] = 0;
    double over = 0;
    double under = 0;
    for (double[] row : rows) {
      double share = row[j] / row[x.length];
      over += share * (1 - sum(row, others) / row[x.length]);
      under += share * share;
    }
    return under == 0 ? 0 : over / under;
  }

  private static double sum(double[] row, double[] x) {
    double sum = 0;
    for (int j = 0; j < x.length; j++) {
      sum += row[j] * x[j];
    }
    return sum;
  }

  /** The largest relative error of a fit. */
  static double worst(List<double[]> rows, double[] x) {
    return rows.stream()
        .mapToDouble(row -> Math.abs(1 - sum(row, x) / row[x.length]))
        .max()
        .orElse(0);
  }
}
