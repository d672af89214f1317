package dev.lathe.compress.weights;

import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;

/**
 * A weight as its product reads it: {@code batches} matrices of {@code n} filters, each a row of
 * {@code k = taps * channels} weights with the input channels of one tap side by side.
 *
 * <pre>
 *   Conv    [M, C/group, kernel...]  group matrices, n = M / group, taps = kernel positions
 *   Gemm    [n, k] or [k, n]         one matrix, one tap
 *   MatMul  [batch..., k, n]         a matrix per batch index, one tap
 * </pre>
 *
 * @param batches conv groups, or the leading dimensions of a MatMul weight
 * @param n filters (output channels) per matrix
 * @param taps kernel positions; 1 for matrix products
 * @param channels input channels per tap
 * @param columns whether the tensor stores k before n
 */
public record WeightView(int batches, int n, int taps, int channels, boolean columns) {

  /** Receives the elements of a weight. */
  public interface Visitor {
    /** Element {@code index} of the tensor and its place in the product. */
    void accept(int index, int batch, int row, int tap, int channel);
  }

  /**
   * Of a Conv, Gemm or MatMul.
   *
   * @param left whether the weight is the left operand of a MatMul
   */
  public static WeightView of(Node node, Shape weight, boolean left) {
    if (node.is("Conv")) {
      return conv(weight, Math.toIntExact(node.intAttribute("group", 1)));
    }
    boolean rows = left || (node.is("Gemm") && node.intAttribute("transB", 0) != 0);
    return rows ? rows(weight) : columns(weight);
  }

  /** Of a Conv weight [M, C/group, kernel...]; {@code groups} divides M. */
  public static WeightView conv(Shape weight, int groups) {
    return new WeightView(
        groups,
        weight.intDim(0) / groups,
        Math.toIntExact(weight.product(2, weight.rank())),
        weight.intDim(1),
        false);
  }

  /** Of a matrix stored as [batch..., n, k]. */
  public static WeightView rows(Shape weight) {
    int rank = weight.rank();
    int n = rank > 1 ? weight.intDim(rank - 2) : 1;
    return new WeightView(batches(weight), n, 1, weight.intDim(rank - 1), false);
  }

  /** Of a matrix stored as [batch..., k, n], or of a vector [k]. */
  public static WeightView columns(Shape weight) {
    int rank = weight.rank();
    return rank == 1
        ? rows(weight)
        : new WeightView(
            batches(weight), weight.intDim(rank - 1), 1, weight.intDim(rank - 2), true);
  }

  private static int batches(Shape weight) {
    return Math.toIntExact(weight.product(0, Math.max(0, weight.rank() - 2)));
  }

  /** Weights of a filter. */
  public int k() {
    return taps * channels;
  }

  /** Filters of all matrices. */
  public int rows() {
    return batches * n;
  }

  public int elements() {
    return batches * n * taps * channels;
  }

  /** Visits every element in the order of the tensor. */
  public void forEach(Visitor visitor) {
    int index = 0;
    for (int batch = 0; batch < batches; batch++) {
      if (columns) {
        for (int channel = 0; channel < channels; channel++) {
          for (int row = 0; row < n; row++) {
            visitor.accept(index++, batch, row, 0, channel);
          }
        }
      } else {
        for (int row = 0; row < n; row++) {
          for (int channel = 0; channel < channels; channel++) {
            for (int tap = 0; tap < taps; tap++) {
              visitor.accept(index++, batch, row, tap, channel);
            }
          }
        }
      }
    }
  }
}
