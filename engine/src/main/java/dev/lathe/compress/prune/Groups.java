package dev.lathe.compress.prune;

import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.function.DoubleUnaryOperator;

/** What is done to the groups of a weight. */
final class Groups {

  private Groups() {}

  /** For every group, the mean of {@code term} over its elements. */
  static double[] means(Weight weight, Partition groups, DoubleUnaryOperator term) {
    double[] sums = new double[groups.count()];
    int[] sizes = new int[groups.count()];
    weight
        .view()
        .forEach(
            (index, batch, row, tap, channel) -> {
              int group = groups.group(batch, row, tap, channel);
              sums[group] += term.applyAsDouble(weight.tensor().real(index));
              sizes[group]++;
            });
    for (int i = 0; i < sums.length; i++) {
      sums[i] /= sizes[i];
    }
    return sums;
  }

  /** The tensor with the marked groups at zero; every other element keeps its bits. */
  static Tensor zeroed(Weight weight, Partition groups, BitSet marked) {
    Tensor tensor = weight.tensor();
    if (marked.isEmpty()) {
      return tensor;
    }
    Tensor result = Tensor.zeros(tensor.dtype(), tensor.shape());
    int bytes = tensor.dtype().bits() / Byte.SIZE;
    weight
        .view()
        .forEach(
            (index, batch, row, tap, channel) -> {
              if (!marked.get(groups.group(batch, row, tap, channel))) {
                long at = (long) index * bytes;
                MemorySegment.copy(tensor.data(), at, result.data(), at, bytes);
              }
            });
    return result;
  }

  /** The elements of the marked groups, as indices into the weight's matrix. */
  static BitSet elements(Weight weight, Partition groups, BitSet marked) {
    WeightView view = weight.view();
    BitSet elements = new BitSet();
    view.forEach(
        (index, batch, row, tap, channel) -> {
          if (marked.get(groups.group(batch, row, tap, channel))) {
            elements.set(WeightMatrix.index(view, batch, row, tap, channel));
          }
        });
    return elements;
  }
}
