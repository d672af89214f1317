package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;

/**
 * ONNX MatMul, and com.microsoft FusedMatMul with {@code alpha}, {@code transA} and {@code transB}
 * of matrices. Also dev.lathe.MatMul with {@code alpha}, {@code transA} and {@code transB} of
 * matrices (Gemm's), a bias per column (input 2, constant), an addend of the result's shape (input
 * 3), the clamp attributes {@code min} and {@code max} and a {@link FusedActivation}; fp32 only.
 */
final class MatrixProduct implements Operator {

  private static final int BIAS = 2;
  private static final int ADDEND = 3;

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("MatMul"), Microsoft.key("FusedMatMul"), Key.lathe("MatMul"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = ProductForm.requireType(inference);
    ProductForm form = ProductForm.matMul(inference);
    Node node = inference.node();
    if (node.opType().equals("FusedMatMul")) {
      requireMatrices(inference);
    } else if (!node.domain().isEmpty()) {
      Checks.requireF32(inference, 0);
      if (inference.has(BIAS) && inference.requireValue(BIAS, "bias").elements() != form.n()) {
        throw GraphErrors.invalid(
            node, "bias has shape " + inference.shape(BIAS) + " for " + form.n());
      }
      Operands.requireSameShape(inference, ADDEND, form.result());
    }
    return Checks.one(type, form.result());
  }

  private static void requireMatrices(Inference inference) {
    Node node = inference.node();
    boolean batches =
        node.intAttribute("transBatchA", 0) != 0 || node.intAttribute("transBatchB", 0) != 0;
    boolean vectors = inference.shape(0).rank() < 2 || inference.shape(1).rank() < 2;
    if (batches || vectors) {
      throw Checks.unsupported(
          node,
          batches ? "transBatchA or transBatchB is on" : "an operand is a vector",
          "matrices without transposed batch axes");
    }
  }

  @Override
  public void lower(Lowering lowering) {
    ProductForm form = ProductForm.matMul(lowering.inference());
    if (lowering.outputFact(0).dtype() != DType.FLOAT32) {
      TypedProduct.emit(lowering, form, false);
      return;
    }
    Tensor bias = lowering.has(BIAS) ? lowering.inference().requireValue(BIAS, "bias") : null;
    if (lowering.has(ADDEND)) {
      lowering.mayOverwriteAlone(0, ADDEND);
    }
    Slot addend = lowering.has(ADDEND) ? lowering.input(ADDEND) : null;
    FloatEpilogue epilogue =
        Operands.epilogue(lowering, bias, 0, form.n(), addend == null ? 0 : form.n());
    ProductSteps.emit(lowering, form, epilogue, addend, FusedActivation.of(lowering));
  }
}
