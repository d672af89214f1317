package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.UnaryF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ONNX Gemm, {@code Y = alpha A' B' + beta C}, C broadcast to Y. Also dev.lathe.Gemm, the same with
 * the clamp attributes {@code min} and {@code max} and a {@link FusedActivation}.
 */
final class Gemm implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Gemm"), Key.lathe("Gemm"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = ProductForm.requireType(inference);
    Shape result = ProductForm.gemm(inference).result();
    if (inference.has(2)) {
      Checks.requireSameType(inference, 0, 2);
      Shape c = inference.shape(2);
      if (!Checks.broadcast(inference.node(), result, c).equals(result)) {
        throw GraphErrors.invalid(
            inference.node(), "C has shape " + c + ", which does not broadcast to " + result);
      }
    }
    return Checks.one(type, result);
  }

  @Override
  public void lower(Lowering lowering) {
    ProductForm form = ProductForm.gemm(lowering.inference());
    if (lowering.outputFact(0).dtype() != DType.FLOAT32) {
      TypedProduct.emit(lowering, form, lowering.has(2));
      return;
    }
    FusedActivation activation = FusedActivation.of(lowering);
    float beta = lowering.node().floatAttribute("beta", 1);
    if (!lowering.has(2) || beta == 0) {
      ProductSteps.emit(lowering, form, epilogue(lowering, null, form.n(), 0), null, activation);
      return;
    }
    Tensor bias = bias(lowering, form.n(), beta);
    if (bias != null) {
      ProductSteps.emit(lowering, form, epilogue(lowering, bias, form.n(), 0), null, activation);
    } else if (beta == 1 && lowering.fact(2).shape().equals(form.result())) {
      FloatEpilogue epilogue = epilogue(lowering, null, form.n(), form.n());
      ProductSteps.emit(lowering, form, epilogue, lowering.input(2), activation);
    } else {
      ProductSteps.emit(lowering, form, FloatEpilogue.NONE, null, null);
      addAfterwards(lowering, form.result(), beta, activation);
    }
  }

  private static FloatEpilogue epilogue(
      Lowering lowering, @Nullable Tensor bias, int n, long addendStride) {
    return Operands.epilogue(lowering, bias, 0, n, addendStride);
  }

  /** beta * C as one value per column; null when it isn't known, or depends on the row. */
  private static @Nullable Tensor bias(Lowering lowering, int n, float beta) {
    Tensor c = lowering.constant(2);
    if (c == null) {
      return null;
    }
    boolean perColumn = c.elements() == n && (c.shape().rank() == 0 || c.shape().dim(-1) == n);
    if (!perColumn && c.elements() != 1) {
      return null;
    }
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = beta * c.f32(perColumn ? i : 0);
    }
    return Tensor.of(values, n);
  }

  /** Emits what the product's epilogue has no form for: any C, then clamp and activation. */
  private static void addAfterwards(
      Lowering lowering, Shape result, float beta, @Nullable FusedActivation activation) {
    Slot c = lowering.input(2);
    Shape shape = lowering.fact(2).shape();
    Slot dst = lowering.output(0);
    if (result.elements() == 0) {
      return;
    }
    if (beta != 1) {
      Slot scaled = lowering.scratch(4 * shape.elements());
      ProductSteps.scale(lowering, beta, c, scaled, shape.elements());
      c = scaled;
    }
    Pointwise.binary(lowering, BinaryF32.Function.ADD, dst, result, c, shape, dst, result);
    Node node = lowering.node();
    if (node.attributes().containsKey("min") || node.attributes().containsKey("max")) {
      float min = node.floatAttribute("min", Float.NEGATIVE_INFINITY);
      float max = node.floatAttribute("max", Float.POSITIVE_INFINITY);
      Pointwise.unary(lowering, UnaryF32.Function.CLIP, min, max, dst, dst);
    }
    if (activation != null) {
      Pointwise.unary(lowering, activation.function(), activation.a(), activation.b(), dst, dst);
    }
  }
}
