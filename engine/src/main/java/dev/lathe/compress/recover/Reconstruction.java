package dev.lathe.compress.recover;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.parallel.Workers;
import dev.lathe.quant.QuantParams;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Rounds weights so that the output of their product changes least, not the weights themselves:
 * scales are chosen among shrunken ones, weights are rounded by second order and to nearest, both
 * are improved by {@link Descent}, and each filter keeps the better.
 */
public final class Reconstruction implements Rounding {

  /** From how many bits on the range needs no shrinking: steps are fine. */
  private static final int FINE_BITS = 8;

  private static final int SCALES = 11;
  private static final double SHRINK = 0.05;

  private final Map<String, QuantParams> initial;
  private final Map<String, QuantParams> chosen = new HashMap<>();

  /**
   * Reconstructs.
   *
   * @param initial parameters by name of the weight, that hold its whole range
   */
  public Reconstruction(Map<String, QuantParams> initial) {
    this.initial = Map.copyOf(initial);
  }

  /** The parameters of the weights that were solved. */
  @Override
  public Map<String, QuantParams> chosen() {
    return chosen;
  }

  @Override
  public double[] solve(LayerProblem problem, Workers workers) {
    WeightView view = problem.view();
    QuantParams params = Rounding.params(initial, problem);
    List<SecondOrderRounding> roundings = new ArrayList<>();
    for (int batch = 0; batch < view.batches(); batch++) {
      roundings.add(new SecondOrderRounding(problem, batch));
    }
    double[] rounded = new double[view.elements()];
    double[] losses = new double[view.rows()];
    params = bestScales(params, roundings, rounded, losses, workers);
    chosen.put(problem.weight().name(), params);
    Grid grid = Grid.of(params);
    for (int batch = 0; batch < view.batches(); batch++) {
      roundings.get(batch).run(grid, rounded, losses, workers);
      GridReconstruction.improve(problem, batch, grid, rounded, workers);
    }
    return rounded;
  }

  private static QuantParams bestScales(
      QuantParams params,
      List<SecondOrderRounding> roundings,
      double[] rounded,
      double[] losses,
      Workers workers) {
    int candidates = params.levels().bits() >= FINE_BITS ? 1 : SCALES;
    float[] scales = params.scales();
    double[] best = new double[scales.length];
    java.util.Arrays.fill(best, Double.POSITIVE_INFINITY);
    for (int candidate = 0; candidates > 1 && candidate < candidates; candidate++) {
      float[] shrunken = params.scales();
      for (int i = 0; i < shrunken.length; i++) {
        shrunken[i] = Math.max(Float.MIN_NORMAL, (float) (shrunken[i] * (1 - SHRINK * candidate)));
      }
      Grid grid = Grid.of(params.withScales(shrunken));
      for (SecondOrderRounding rounding : roundings) {
        rounding.run(grid, rounded, losses, workers);
      }
      double[] sums = new double[scales.length];
      for (int row = 0; row < losses.length; row++) {
        sums[scales.length == 1 ? 0 : row] += losses[row];
      }
      for (int i = 0; i < sums.length; i++) {
        if (sums[i] < best[i]) {
          best[i] = sums[i];
          scales[i] = shrunken[i];
        }
      }
    }
    return params.withScales(scales);
  }
}
