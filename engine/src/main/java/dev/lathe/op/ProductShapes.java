package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;

/**
 * The shapes of a matrix product with numpy semantics: A [..., M, K] times B [..., K, N], batch
 * axes broadcast in any way; vectors gain and lose an axis.
 */
final class ProductShapes {

  private final int m;
  private final int n;
  private final int k;
  private final int lhsMatrices;
  private final int rhsMatrices;
  private final int[] lhsMatrix;
  private final int[] rhsMatrix;
  private final Shape result;

  private ProductShapes(
      int m,
      int n,
      int k,
      int lhsMatrices,
      int rhsMatrices,
      int[] lhsMatrix,
      int[] rhsMatrix,
      Shape result) {
    this.m = m;
    this.n = n;
    this.k = k;
    this.lhsMatrices = lhsMatrices;
    this.rhsMatrices = rhsMatrices;
    this.lhsMatrix = lhsMatrix;
    this.rhsMatrix = rhsMatrix;
    this.result = result;
  }

  int m() {
    return m;
  }

  int n() {
    return n;
  }

  int k() {
    return k;
  }

  int lhsMatrices() {
    return lhsMatrices;
  }

  int rhsMatrices() {
    return rhsMatrices;
  }

  /** Which matrix of A a product takes. */
  int lhsMatrix(int product) {
    return lhsMatrix[product];
  }

  /** Which matrix of B a product takes. */
  int rhsMatrix(int product) {
    return rhsMatrix[product];
  }

  Shape result() {
    return result;
  }

  static ProductShapes of(Node node, Shape a, Shape b) {
    if (a.rank() == 0 || b.rank() == 0) {
      throw GraphErrors.invalid(node, "operands must not be scalars");
    }
    Shape lhs = a.rank() == 1 ? Shape.of(1, a.dim(0)) : a;
    Shape rhs = b.rank() == 1 ? Shape.of(b.dim(0), 1) : b;
    if (lhs.dim(-1) != rhs.dim(-2)) {
      throw GraphErrors.invalid(node, "inner extents of " + a + " and " + b + " differ");
    }
    Shape lhsBatch = batch(lhs);
    Shape rhsBatch = batch(rhs);
    Shape batch = Checks.broadcast(node, lhsBatch, rhsBatch);
    int kept = (a.rank() > 1 ? 1 : 0) + (b.rank() > 1 ? 1 : 0);
    long[] dims = java.util.Arrays.copyOf(batch.dims(), batch.rank() + kept);
    if (a.rank() > 1) {
      dims[batch.rank()] = lhs.dim(-2);
    }
    if (b.rank() > 1) {
      dims[dims.length - 1] = rhs.dim(-1);
    }
    return new ProductShapes(
        lhs.intDim(-2),
        rhs.intDim(-1),
        lhs.intDim(-1),
        Math.toIntExact(lhsBatch.elements()),
        Math.toIntExact(rhsBatch.elements()),
        matrices(batch, lhsBatch),
        matrices(batch, rhsBatch),
        Shape.of(dims));
  }

  private static Shape batch(Shape matrices) {
    return Shape.of(java.util.Arrays.copyOf(matrices.dims(), matrices.rank() - 2));
  }

  private static int[] matrices(Shape batch, Shape own) {
    int[] matrices = new int[Math.toIntExact(batch.elements())];
    long[] strides = own.strides();
    for (int p = 0; p < matrices.length; p++) {
      long rest = p;
      long index = 0;
      for (int axis = 1; axis <= batch.rank(); axis++) {
        long at = rest % batch.dim(-axis);
        rest /= batch.dim(-axis);
        if (axis <= own.rank() && own.dim(-axis) != 1) {
          index += at * strides[own.rank() - axis];
        }
      }
      matrices[p] = Math.toIntExact(index);
    }
    return matrices;
  }

  int products() {
    return lhsMatrix.length;
  }

  /** The same as one tall product, when all products share the only matrix of B. */
  ProductShapes merged() {
    boolean whole = rhsMatrices == 1 && lhsMatrices == products() && lhsMatrices > 1;
    return whole
        ? new ProductShapes(
            Math.multiplyExact(m, products()), n, k, 1, 1, new int[1], new int[1], result)
        : this;
  }
}
