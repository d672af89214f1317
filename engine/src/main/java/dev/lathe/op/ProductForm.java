package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.Arrays;

/**
 * A batch of matrix products {@code C = alpha A' B'}, A' being A [m, k] or the transpose of A [k,
 * m], likewise B' of extents [k, n].
 *
 * @param batch walks the products: operand 0 is the result, 1 is A, 2 is B, counted in matrices
 */
record ProductForm(
    int m,
    int n,
    int k,
    boolean transA,
    boolean transB,
    float alpha,
    int lhsMatrices,
    int rhsMatrices,
    Nest batch,
    Shape result) {

  private static final Shape NO_BATCH = Shape.of();

  /** ONNX Gemm. */
  static ProductForm gemm(Inference inference) {
    inference.requireRank(0, 2);
    inference.requireRank(1, 2);
    return of(inference, inference.shape(0), inference.shape(1), Shape::of);
  }

  /**
   * ONNX MatMul: numpy semantics, A [..., m, k] times B [..., k, n] with broadcast batch axes;
   * vectors gain and lose an axis.
   */
  static ProductForm matMul(Inference inference) {
    Node node = inference.node();
    Shape a = inference.shape(0);
    Shape b = inference.shape(1);
    if (a.rank() == 0 || b.rank() == 0) {
      throw GraphErrors.invalid(node, "operands must not be scalars");
    }
    Shape lhs = a.rank() == 1 ? Shape.of(1, a.dim(0)) : a;
    Shape rhs = b.rank() == 1 ? Shape.of(b.dim(0), 1) : b;
    Shape batch = Checks.broadcast(node, batch(lhs), batch(rhs));
    return of(
        inference,
        lhs,
        rhs,
        (m, n) -> {
          long[] rows = a.rank() == 1 ? new long[0] : new long[] {m};
          long[] columns = b.rank() == 1 ? new long[0] : new long[] {n};
          return Gather.join(batch.dims(), rows, columns);
        });
  }

  private interface ResultShape {
    Shape of(long m, long n);
  }

  private static ProductForm of(Inference inference, Shape lhs, Shape rhs, ResultShape result) {
    Node node = inference.node();
    boolean transA = node.intAttribute("transA", 0) != 0;
    boolean transB = node.intAttribute("transB", 0) != 0;
    int k = lhs.intDim(transA ? -2 : -1);
    if (k != rhs.intDim(transB ? -1 : -2)) {
      throw GraphErrors.invalid(
          node,
          "inner extents of " + inference.shape(0) + " and " + inference.shape(1) + " differ");
    }
    int m = lhs.intDim(transA ? -1 : -2);
    int n = rhs.intDim(transB ? -2 : -1);
    Shape lhsBatch = batch(lhs);
    Shape rhsBatch = batch(rhs);
    Shape batch = Checks.broadcast(node, lhsBatch, rhsBatch);
    return new ProductForm(
        m,
        n,
        k,
        transA,
        transB,
        node.floatAttribute("alpha", 1),
        Math.toIntExact(lhsBatch.elements()),
        Math.toIntExact(rhsBatch.elements()),
        Nest.broadcast(batch, lhsBatch, rhsBatch),
        result.of(m, n));
  }

  private static Shape batch(Shape matrices) {
    return matrices.rank() == 2
        ? NO_BATCH
        : Shape.of(Arrays.copyOf(matrices.dims(), matrices.rank() - 2));
  }

  /** Checks that both operands have one type that products are defined for. */
  static DType requireType(Inference inference) {
    Checks.requireSameType(inference, 0, 1);
    DType type = inference.dtype(0);
    return switch (type) {
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16, INT32, UINT32, INT64, UINT64 -> type;
      default ->
          throw Checks.unsupported(
              inference.node(),
              "operands are " + type,
              "float16, bfloat16, float32, float64, int32, uint32, int64, uint64");
    };
  }

  int products() {
    return Math.toIntExact(batch.outer(0));
  }

  /** Which matrix of A a product reads. */
  long lhsMatrix(int product) {
    return batch.offset(1, product, 0);
  }

  /** Which matrix of B a product reads. */
  long rhsMatrix(int product) {
    return batch.offset(2, product, 0);
  }

  /** Whether the batch is one tall product, since all rows are multiplied with one matrix. */
  boolean isTall() {
    return rhsMatrices == 1 && lhsMatrices == products();
  }

  int tallRows() {
    return Math.multiplyExact(m, products());
  }
}
