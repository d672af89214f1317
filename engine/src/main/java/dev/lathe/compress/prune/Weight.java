package dev.lathe.compress.prune;

import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.function.DoubleUnaryOperator;

/**
 * A constant that products multiply with.
 *
 * @param node the first that reads it
 * @param name of the constant
 */
public record Weight(Node node, String name, Tensor tensor, WeightView view) {

  /** Whether weights of a type can be pruned: floats of 16 bits or more. */
  static boolean isPrunable(DType dtype) {
    return switch (dtype) {
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> true;
      default -> false;
    };
  }

  /** For every group, the mean of {@code term} over its elements. */
  double[] means(Partition groups, DoubleUnaryOperator term) {
    double[] sums = new double[groups.count()];
    int[] sizes = new int[groups.count()];
    view.forEach(
        (index, batch, row, tap, channel) -> {
          int group = groups.group(batch, row, tap, channel);
          sums[group] += term.applyAsDouble(tensor.real(index));
          sizes[group]++;
        });
    for (int i = 0; i < sums.length; i++) {
      sums[i] /= sizes[i];
    }
    return sums;
  }

  /** The tensor with the marked groups at zero; every other element keeps its bits. */
  Tensor zeroed(Partition groups, BitSet marked) {
    if (marked.isEmpty()) {
      return tensor;
    }
    Tensor result = Tensor.zeros(tensor.dtype(), tensor.shape());
    int bytes = tensor.dtype().bits() / Byte.SIZE;
    view.forEach(
        (index, batch, row, tap, channel) -> {
          if (!marked.get(groups.group(batch, row, tap, channel))) {
            long at = (long) index * bytes;
            MemorySegment.copy(tensor.data(), at, result.data(), at, bytes);
          }
        });
    return result;
  }

  static long zeros(Tensor tensor) {
    long zeros = 0;
    for (long i = 0; i < tensor.elements(); i++) {
      zeros += tensor.real(i) == 0 ? 1 : 0;
    }
    return zeros;
  }

  /** Index of the first element that is NaN or infinite, or -1. */
  long firstNonFinite() {
    for (long i = 0; i < tensor.elements(); i++) {
      if (!Double.isFinite(tensor.real(i))) {
        return i;
      }
    }
    return -1;
  }
}
