package dev.lathe.compress.recover;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.parallel.Workers;

/**
 * Rounds the filters of one matrix weight by weight, each time moving the weights that are left so
 * as to make up for the error (Frantar et al., <i>GPTQ</i>, 2022, after Hassibi and Stork,
 * <i>Optimal Brain Surgeon</i>, 1993). The weights whose inputs have the most energy go first.
 */
final class SecondOrderRounding {

  /** Filters that walk through the factor together, for the sake of the cache. */
  private static final int BLOCK = 8;

  private final LayerProblem problem;
  private final int batch;
  private final int[] order;
  private final double[] factor;

  SecondOrderRounding(LayerProblem problem, int batch) {
    this.problem = problem;
    this.batch = batch;
    double[] moment = problem.moment(batch);
    this.order = InverseFactor.byEnergy(moment, problem.k());
    this.factor = InverseFactor.of(moment, order, InverseFactor.DAMPING).factor();
  }

  /**
   * Rounds.
   *
   * @param rounded {@code [rows][k]}; the rows of this matrix are written
   * @param losses by row: {@code (w - q) (H + lambda I) (w - q)^T}
   */
  void run(Grid grid, double[] rounded, double[] losses, Workers workers) {
    WeightView view = problem.view();
    int first = batch * view.n();
    int end = first + view.n();
    workers.run(
        (worker, barrier) -> {
          for (int row = first + worker * BLOCK; row < end; row += workers.size() * BLOCK) {
            walk(row, Math.min(end, row + BLOCK), grid, rounded, losses);
          }
        });
  }

  private void walk(int from, int end, Grid grid, double[] rounded, double[] losses) {
    int k = order.length;
    double[][] rest = new double[end - from][k];
    for (int row = from; row < end; row++) {
      losses[row] = 0;
      for (int i = 0; i < k; i++) {
        rest[row - from][i] = problem.target()[row * k + order[i]];
      }
    }
    for (int i = 0; i < k; i++) {
      double pivot = factor[i * k + i];
      for (int row = from; row < end; row++) {
        double[] w = rest[row - from];
        int at = row * k + order[i];
        double q = problem.original()[at] == 0 ? 0 : grid.nearest(row, w[i]);
        double error = (w[i] - q) / pivot;
        rounded[at] = q;
        losses[row] += error * error;
        for (int j = i + 1; j < k; j++) {
          w[j] -= error * factor[i * k + j];
        }
      }
    }
  }
}
