package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SignsF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * dev.lathe.BinaryMatMul: product of signs; see {@link SignProduct}. Inputs x [..., K], w [K, N],
 * or [N, K] with {@code transB} (constant), bias [N] (constant, optional), addend of the result's
 * shape (optional); the clamp {@code min}, {@code max} and a {@link FusedActivation}.
 */
final class BinaryMatMul implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe("BinaryMatMul"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    inference.requireRank(1, 2);
    Shape x = inference.shape(0);
    Shape w = inference.shape(1);
    boolean transB = transB(node);
    if (x.rank() < 2 || x.dim(-1) != w.dim(transB ? 1 : 0)) {
      throw GraphErrors.invalid(node, "inner extents of " + x + " and " + w + " differ");
    }
    int n = w.intDim(transB ? 0 : 1);
    SignProduct.check(inference, n);
    Shape result = x.with(-1, n);
    Operands.requireSameShape(inference, SignProduct.ADDEND, result);
    return Checks.one(DType.FLOAT32, result);
  }

  private static boolean transB(Node node) {
    return node.intAttribute("transB", 0) != 0;
  }

  @Override
  public void lower(Lowering lowering) {
    Shape result = lowering.output(0).fact().shape();
    if (result.elements() == 0) {
      return;
    }
    SignProduct product = new SignProduct(lowering);
    int k = lowering.fact(0).shape().intDim(-1);
    int n = result.intDim(-1);
    int m = Math.toIntExact(result.elements() / n);
    MemorySegment data = product.weights().data();
    RhsView view =
        transB(lowering.node()) ? RhsView.transposed(data, k, n) : RhsView.rowMajor(data, k, n);
    product.emit(
        GemmShape.product(m, n, k, SignsF32.words(k), n), product.pack(m, k), List.of(view));
  }
}
