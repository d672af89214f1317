package dev.lathe.compress.recover;

import dev.lathe.quant.QuantParams;
import java.util.Map;

/** A method that moves weights to the values of integers. */
public interface Rounding extends LayerMethod {

  /** What the integers mean, by the name of every weight that was solved. */
  Map<String, QuantParams> chosen();

  /** The parameters of a weight that has some. */
  static QuantParams params(Map<String, QuantParams> params, LayerProblem problem) {
    QuantParams own = params.get(problem.weight().name());
    if (own == null) {
      throw new IllegalArgumentException("no parameters for " + problem.weight().name());
    }
    return own;
  }
}
