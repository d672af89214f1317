package dev.lathe.compress.recover;

import dev.lathe.compress.weights.Weight;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The vectors a product multiplies its filters with, of one value of its input: one row per output
 * position, with one vector of {@code k} numbers per matrix of the weight, in the order of {@link
 * dev.lathe.compress.weights.WeightView}.
 */
interface InputRows {

  /** Rows, those of one sample side by side. */
  long count();

  /** Goes to a row. */
  void moveTo(long row);

  /** Copies the vector of the current row that matrix {@code batch} reads, {@code k} floats. */
  void read(int batch, float[] into, int at);

  /**
   * The rows of an input.
   *
   * @param node that reads the weight
   * @return null when the shapes broadcast in a way that has no rows
   */
  static @Nullable InputRows of(Node node, Weight weight, Tensor input) {
    return node.is("Conv")
        ? new PatchRows(node, weight, input)
        : MatrixRows.of(node, weight, input);
  }
}
