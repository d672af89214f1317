package dev.lathe.op;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.RhsView;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * ONNX MatMul over float32: numpy semantics, A [..., M, K] times B [..., K, N] with broadcast batch
 * axes; vectors gain and lose an axis. A constant two-dimensional B is packed once and the batch is
 * one tall product; any other B is packed in the run.
 */
final class MatrixProduct implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("MatMul"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    if (inference.dtype(0) != DType.FLOAT32 || inference.dtype(1) != DType.FLOAT32) {
      throw new UnsupportedException(
          Problem.of(
              "MatMul of " + inference.dtype(0) + " and " + inference.dtype(1),
              inference.node().toString()));
    }
    MatMulForm form = MatMulForm.of(inference);
    return List.of(TensorFact.of(DType.FLOAT32, form.result()));
  }

  @Override
  public void lower(Lowering lowering) {
    MatMulForm form = MatMulForm.of(lowering.inference());
    GemmF32 kernel = lowering.kernels().pick(GemmF32.class);
    Tensor rhs = lowering.constant(1);
    int n = form.n();
    int k = form.k();
    if (rhs != null && form.rhsMatrices() == 1) {
      int m = Math.multiplyExact(form.m(), form.products());
      MemorySegment packed =
          lowering.packed(
              lowering.node().input(1) + "#matmul",
              kernel.rhsLayout(),
              () -> RhsView.rowMajor(rhs.data(), k, n));
      emit(lowering, kernel, GemmShape.product(m, n, k, k, n), 1, 0, List.of(packed), null, 0);
      return;
    }
    if (!form.plainBatches()) {
      throw GraphErrors.invalid(
          lowering.node(),
          "batch axes of " + form.lhs() + " and " + form.rhs() + " mix broadcasts");
    }
    long packedBytes = kernel.rhsLayout().bytes(1, k, n);
    Slot scratch = lowering.scratch(packedBytes * form.rhsMatrices());
    lowering.emit(
        new PackRhsStep(
            kernel.rhsLayout(), lowering.input(1), scratch, form.rhsMatrices(), k, n, packedBytes));
    long lhsBytes = form.lhsMatrices() == 1 ? 0 : 4L * form.m() * k;
    long rhsBytes = form.rhsMatrices() == 1 ? 0 : packedBytes;
    GemmShape shape = GemmShape.product(form.m(), n, k, k, n);
    emit(lowering, kernel, shape, form.products(), lhsBytes, List.of(), scratch, rhsBytes);
  }

  private static void emit(
      Lowering lowering,
      GemmF32 kernel,
      GemmShape shape,
      int products,
      long lhsBytes,
      List<MemorySegment> packed,
      @org.jspecify.annotations.Nullable Slot rhs,
      long rhsBytes) {
    lowering.emit(
        new GemmF32Step(
            kernel,
            shape,
            products,
            List.of(FloatEpilogue.NONE),
            new GemmF32Step.Operands(
                lowering.input(0),
                lhsBytes,
                packed,
                rhs,
                rhsBytes,
                null,
                lowering.output(0),
                4L * shape.m() * shape.n(),
                null)));
  }

  /** Operand shapes after vectors have been extended to matrices. */
  record MatMulForm(Shape lhs, Shape rhs, Shape result) {

    static MatMulForm of(Inference inference) {
      Shape a = inference.shape(0);
      Shape b = inference.shape(1);
      if (a.rank() == 0 || b.rank() == 0) {
        throw GraphErrors.invalid(inference.node(), "operands must not be scalars");
      }
      Shape lhs = a.rank() == 1 ? Shape.of(1, a.dim(0)) : a;
      Shape rhs = b.rank() == 1 ? Shape.of(b.dim(0), 1) : b;
      if (lhs.dim(-1) != rhs.dim(-2)) {
        throw GraphErrors.invalid(
            inference.node(), "inner extents of " + a + " and " + b + " differ");
      }
      int rank = Math.max(lhs.rank(), rhs.rank());
      java.util.ArrayList<Long> dims = new java.util.ArrayList<>();
      for (int axis = 0; axis < rank - 2; axis++) {
        dims.add(broadcast(inference, dim(lhs, axis - rank), dim(rhs, axis - rank)));
      }
      if (a.rank() > 1) {
        dims.add(lhs.dim(-2));
      }
      if (b.rank() > 1) {
        dims.add(rhs.dim(-1));
      }
      return new MatMulForm(lhs, rhs, Shape.of(dims.stream().mapToLong(Long::longValue).toArray()));
    }

    private static long dim(Shape shape, int fromEnd) {
      return -fromEnd <= shape.rank() ? shape.dim(fromEnd) : 1;
    }

    private static long broadcast(Inference inference, long a, long b) {
      if (a != b && a != 1 && b != 1) {
        throw GraphErrors.invalid(inference.node(), "batch extents " + a + " and " + b + " differ");
      }
      return a == 1 ? b : a;
    }

    int m() {
      return lhs.intDim(-2);
    }

    int k() {
      return lhs.intDim(-1);
    }

    int n() {
      return rhs.intDim(-1);
    }

    int lhsMatrices() {
      return Math.toIntExact(lhs.product(0, lhs.rank() - 2));
    }

    int rhsMatrices() {
      return Math.toIntExact(rhs.product(0, rhs.rank() - 2));
    }

    int products() {
      long perProduct = Math.max(1, (long) m() * n());
      return Math.toIntExact(result.elements() / perProduct);
    }

    /** Whether each operand has either one matrix or one per product. */
    boolean plainBatches() {
      return (lhsMatrices() == 1 || lhsMatrices() == products())
          && (rhsMatrices() == 1 || rhsMatrices() == products());
    }
  }
}
