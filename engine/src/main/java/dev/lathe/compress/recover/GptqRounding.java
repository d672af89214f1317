package dev.lathe.compress.recover;

import dev.lathe.parallel.Workers;
import dev.lathe.quant.QuantParams;
import java.util.Map;

/**
 * {@link SecondOrderRounding} with the parameters as they are.
 *
 * @param chosen parameters by name of the weight
 */
public record GptqRounding(Map<String, QuantParams> chosen) implements Rounding {

  public GptqRounding {
    chosen = Map.copyOf(chosen);
  }

  @Override
  public double[] solve(LayerProblem problem, Workers workers) {
    Grid grid = Grid.of(Rounding.params(chosen, problem));
    double[] rounded = new double[problem.view().elements()];
    double[] losses = new double[problem.view().rows()];
    for (int batch = 0; batch < problem.view().batches(); batch++) {
      new SecondOrderRounding(problem, batch).run(grid, rounded, losses, workers);
    }
    return rounded;
  }
}
