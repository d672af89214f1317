package dev.lathe.compress.recover;

import dev.lathe.parallel.Workers;

/** Changes the weights of one product. */
@FunctionalInterface
public interface LayerMethod {

  /**
   * The new weights.
   *
   * @param workers to work with; the result does not depend on how many
   * @return {@code [rows][k]}, zero wherever {@link LayerProblem#original} is
   */
  double[] solve(LayerProblem problem, Workers workers);
}
