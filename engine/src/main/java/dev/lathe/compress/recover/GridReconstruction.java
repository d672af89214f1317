package dev.lathe.compress.recover;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.parallel.Workers;
import java.util.function.Function;

/**
 * Moves weights to the values of a grid so that the output of their product changes least: by
 * second order and to nearest, both improved by {@link Descent}; each filter keeps the better.
 *
 * @param grid of a weight
 */
public record GridReconstruction(Function<LayerProblem, Grid> grid) implements LayerMethod {

  @Override
  public double[] solve(LayerProblem problem, Workers workers) {
    WeightView view = problem.view();
    Grid values = grid.apply(problem);
    double[] rounded = new double[view.elements()];
    double[] losses = new double[view.rows()];
    for (int batch = 0; batch < view.batches(); batch++) {
      new SecondOrderRounding(problem, batch).run(values, rounded, losses, workers);
      improve(problem, batch, values, rounded, workers);
    }
    return rounded;
  }

  /**
   * Improves the rows of a matrix by {@link Descent}, from where they are and from the nearest
   * values; each keeps the better.
   */
  static void improve(
      LayerProblem problem, int batch, Grid grid, double[] rounded, Workers workers) {
    WeightView view = problem.view();
    int k = problem.k();
    int first = batch * view.n();
    Descent descent = new Descent(problem.moment(batch), k);
    workers.run(
        (worker, barrier) -> {
          for (int row = first + worker; row < first + view.n(); row += workers.size()) {
            improve(problem, descent, row, k, grid, rounded);
          }
        });
  }

  private static void improve(
      LayerProblem problem, Descent descent, int row, int k, Grid grid, double[] rounded) {
    double[] walked = new double[k];
    double[] nearest = new double[k];
    boolean[] free = new boolean[k];
    for (int j = 0; j < k; j++) {
      free[j] = problem.original()[row * k + j] != 0;
      walked[j] = rounded[row * k + j];
      nearest[j] = free[j] ? grid.nearest(row, problem.target()[row * k + j]) : 0;
    }
    double walkedLoss = descent.run(problem.target(), row * k, free, grid, row, walked);
    double nearestLoss = descent.run(problem.target(), row * k, free, grid, row, nearest);
    System.arraycopy(nearestLoss < walkedLoss ? nearest : walked, 0, rounded, row * k, k);
  }
}
