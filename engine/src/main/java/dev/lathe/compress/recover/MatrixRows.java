package dev.lathe.compress.recover;

import dev.lathe.compress.weights.Weight;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The rows, or columns, of the matrix a weight is multiplied with. A stack of weights reads the
 * stack of matrices of the same leading dimensions.
 */
final class MatrixRows implements InputRows {

  private final Tensor input;
  private final int matrices;
  private final int lines;
  private final int k;
  private final boolean columns;
  private long base;

  private MatrixRows(Tensor input, int matrices, int lines, int k, boolean columns) {
    this.input = input;
    this.matrices = matrices;
    this.lines = lines;
    this.k = k;
    this.columns = columns;
  }

  static @Nullable MatrixRows of(Node node, Weight weight, Tensor input) {
    boolean left = !node.input(1).equals(weight.name());
    boolean columns = left || (node.is("Gemm") && node.intAttribute("transA", 0) != 0);
    int k = weight.view().k();
    int matrices = weight.view().batches();
    Shape shape = input.shape();
    int rank = shape.rank();
    int axis = columns ? rank - 2 : rank - 1;
    if (rank == 0 || (columns && rank < 2) || shape.dim(axis) != k || !stacked(weight, shape)) {
      return null;
    }
    int lines = rank == 1 ? 1 : shape.intDim(columns ? rank - 1 : rank - 2);
    return new MatrixRows(input, matrices, lines, k, columns);
  }

  /** Whether the leading dimensions of the weight are the last leading ones of the input. */
  private static boolean stacked(Weight weight, Shape input) {
    Shape own = weight.tensor().shape();
    if (weight.view().batches() == 1) {
      return true;
    }
    int shift = input.rank() - own.rank();
    for (int axis = 0; axis < own.rank() - 2; axis++) {
      if (shift < 0 || input.dim(axis + shift) != own.dim(axis)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public long count() {
    return input.elements() / ((long) k * matrices);
  }

  @Override
  public void moveTo(long row) {
    long stack = row / lines;
    long line = row % lines;
    base = stack * matrices * lines * k + line * (columns ? 1 : k);
  }

  @Override
  public void read(int batch, float[] into, int at) {
    long from = base + (long) batch * lines * k;
    int stride = columns ? lines : 1;
    for (int j = 0; j < k; j++) {
      into[at + j] = input.f32(from + (long) j * stride);
    }
  }
}
