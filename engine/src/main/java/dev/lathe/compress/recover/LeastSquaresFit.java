package dev.lathe.compress.recover;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.parallel.Workers;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;

/**
 * Sets weights to zero and fits the others of the same filter to its output by least squares: with
 * Z the inputs whose weights go and S the others, {@code w_S += (H_SS + lambda I)^-1 H_SZ w_Z}.
 * That is the update of the optimal brain surgeon (Hassibi and Stork, 1993) for all of Z at once.
 * It is found by conjugate gradients, several filters side by side.
 *
 * @param removed indices into the {@code [rows][k]} matrix of the weights that go, by the weight's
 *     name
 */
public record LeastSquaresFit(Map<String, BitSet> removed) implements LayerMethod {

  /** Filters that read the moment together, for the sake of the cache. */
  private static final int BLOCK = 8;

  private static final int MAX_STEPS = 50;

  /** Of the residual, against the first. */
  private static final double TOLERANCE = 1e-4;

  /** lambda as a share of the mean diagonal. */
  private static final double DAMPING = 1e-3;

  private static final BitSet NOTHING = new BitSet();

  public LeastSquaresFit {
    removed = Map.copyOf(removed);
  }

  @Override
  public double[] solve(LayerProblem problem, Workers workers) {
    WeightView view = problem.view();
    int k = problem.k();
    double[] result = problem.target().clone();
    boolean[] free = new boolean[result.length];
    BitSet gone = removed.getOrDefault(problem.weight().name(), NOTHING);
    for (int at = 0; at < free.length; at++) {
      free[at] = problem.original()[at] != 0 && !gone.get(at);
    }
    for (int batch = 0; batch < view.batches(); batch++) {
      double[] moment = problem.moment(batch);
      int first = batch * view.n();
      int end = first + view.n();
      workers.run(
          (worker, barrier) -> {
            for (int row = first + worker * BLOCK; row < end; row += workers.size() * BLOCK) {
              fit(moment, k, row, Math.min(end, row + BLOCK), free, result);
            }
          });
    }
    return result;
  }

  private static void fit(
      double[] moment, int k, int from, int end, boolean[] free, double[] weights) {
    double lambda = 0;
    for (int i = 0; i < k; i++) {
      lambda += DAMPING * moment[i * k + i] / k;
    }
    int rows = end - from;
    double[][] direction = new double[rows][k];
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < k; i++) {
        int at = (from + r) * k + i;
        if (!free[at]) {
          direction[r][i] = weights[at];
          weights[at] = 0;
        }
      }
    }
    if (lambda == 0) {
      return;
    }
    double[][] residual = new double[rows][k];
    multiply(moment, k, direction, residual, 0);
    double[] size = new double[rows];
    double[] enough = new double[rows];
    for (int r = 0; r < rows; r++) {
      Arrays.fill(direction[r], 0);
      size[r] = turn(moment, k, lambda, residual[r], free, (from + r) * k, direction[r], 0);
      enough[r] = size[r] * TOLERANCE * TOLERANCE;
    }
    double[][] image = new double[rows][k];
    for (int step = 0; step < MAX_STEPS && Arrays.stream(size).sum() > 0; step++) {
      multiply(moment, k, direction, image, lambda);
      for (int r = 0; r < rows; r++) {
        if (size[r] > 0) {
          size[r] =
              advance(
                  moment,
                  k,
                  lambda,
                  size[r],
                  enough[r],
                  free,
                  (from + r) * k,
                  residual[r],
                  direction[r],
                  image[r],
                  weights);
        }
      }
    }
  }

  /**
   * One step of one filter.
   *
   * @return the size of the residual, or 0 when it is small enough
   */
  private static double advance(
      double[] moment,
      int k,
      double lambda,
      double size,
      double enough,
      boolean[] free,
      int at,
      double[] residual,
      double[] direction,
      double[] image,
      double[] weights) {
    double curvature = 0;
    for (int i = 0; i < k; i++) {
      curvature += direction[i] * image[i];
    }
    double length = size / curvature;
    if (!(curvature > 0) || !Double.isFinite(length)) {
      Arrays.fill(direction, 0);
      return 0;
    }
    for (int i = 0; i < k; i++) {
      weights[at + i] += length * direction[i];
      residual[i] -= length * image[i];
    }
    double left = turn(moment, k, lambda, residual, free, at, direction, size);
    if (left <= enough) {
      Arrays.fill(direction, 0);
      return 0;
    }
    return left;
  }

  /**
   * The next direction, scaled by the diagonal: {@code z + (size / last) * direction} on the
   * weights that are free.
   *
   * @param last size before, or 0 for the first direction
   * @return {@code residual z}
   */
  private static double turn(
      double[] moment,
      int k,
      double lambda,
      double[] residual,
      boolean[] free,
      int at,
      double[] direction,
      double last) {
    double[] scaled = new double[k];
    double size = 0;
    for (int i = 0; i < k; i++) {
      if (free[at + i]) {
        scaled[i] = residual[i] / (moment[i * k + i] + lambda);
        size += residual[i] * scaled[i];
      }
    }
    double keep = last > 0 ? size / last : 0;
    for (int i = 0; i < k; i++) {
      direction[i] = scaled[i] + keep * direction[i];
    }
    return size;
  }

  /** {@code into = x (H + lambda I)} for several rows. */
  private static void multiply(
      double[] moment, int k, double[][] x, double[][] into, double lambda) {
    for (int r = 0; r < x.length; r++) {
      for (int j = 0; j < k; j++) {
        into[r][j] = lambda * x[r][j];
      }
    }
    for (int i = 0; i < k; i++) {
      for (int r = 0; r < x.length; r++) {
        double a = x[r][i];
        double[] sums = into[r];
        for (int j = 0; a != 0 && j < k; j++) {
          sums[j] += a * moment[i * k + j];
        }
      }
    }
  }
}
