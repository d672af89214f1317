package dev.lathe.compress.recover;

import dev.lathe.parallel.Workers;
import dev.lathe.quant.QuantParams;
import java.util.Map;

/**
 * Every weight goes to the nearest level.
 *
 * @param chosen parameters by name of the weight
 */
public record NearestRounding(Map<String, QuantParams> chosen) implements Rounding {

  public NearestRounding {
    chosen = Map.copyOf(chosen);
  }

  @Override
  public double[] solve(LayerProblem problem, Workers workers) {
    Grid grid = Grid.of(Rounding.params(chosen, problem));
    double[] rounded = problem.original().clone();
    for (int at = 0; at < rounded.length; at++) {
      rounded[at] = grid.nearest(at / problem.k(), rounded[at]);
    }
    return rounded;
  }
}
