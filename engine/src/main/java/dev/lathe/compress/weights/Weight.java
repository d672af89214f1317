package dev.lathe.compress.weights;

import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;

/**
 * A constant that products multiply with.
 *
 * @param node the first that reads it
 * @param name of the constant
 */
public record Weight(Node node, String name, Tensor tensor, WeightView view) {

  /** Whether a type is one of the floats of 16 bits or more that methods work on. */
  public static boolean isFloat(DType dtype) {
    return switch (dtype) {
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> true;
      default -> false;
    };
  }

  public static long zeros(Tensor tensor) {
    long zeros = 0;
    for (long i = 0; i < tensor.elements(); i++) {
      zeros += tensor.real(i) == 0 ? 1 : 0;
    }
    return zeros;
  }

  /** Index of the first element that is NaN or infinite, or -1. */
  public long firstNonFinite() {
    for (long i = 0; i < tensor.elements(); i++) {
      if (!Double.isFinite(tensor.real(i))) {
        return i;
      }
    }
    return -1;
  }
}
