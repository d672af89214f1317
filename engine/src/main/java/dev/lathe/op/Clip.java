package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.UnaryF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;

/**
 * Clip: bounds are attributes before opset 11, optional scalar inputs since; a missing bound is the
 * largest finite number.
 */
final class Clip implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Clip"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireNumeric(inference, 0);
    for (int bound = 1; bound <= 2; bound++) {
      if (inference.has(bound)) {
        Checks.requireSameType(inference, 0, bound);
        if (inference.shape(bound).elements() != 1) {
          throw GraphErrors.invalid(
              inference.node(),
              "bound " + bound + " has shape " + inference.shape(bound) + ", expected a scalar");
        }
      }
    }
    return Checks.one(type, inference.shape(0));
  }

  @Override
  public void lower(Lowering lowering) {
    boolean known = isKnown(lowering, 1) && isKnown(lowering, 2);
    if (lowering.fact(0).dtype() == DType.FLOAT32 && known) {
      Pointwise.unary(
          lowering,
          UnaryF32.Function.CLIP,
          bound(lowering, 1, "min", -Float.MAX_VALUE),
          bound(lowering, 2, "max", Float.MAX_VALUE));
      return;
    }
    Node node = lowering.node();
    if (node.attributes().containsKey("min") || node.attributes().containsKey("max")) {
      double min = node.floatAttribute("min", Float.NEGATIVE_INFINITY);
      double max = node.floatAttribute("max", Float.POSITIVE_INFINITY);
      TypedPointwise.unaryReal(lowering, "Clip", x -> Math.min(Math.max(x, min), max));
      return;
    }
    if (!lowering.has(1) && !lowering.has(2)) {
      lowering.alias(0, 0);
      return;
    }
    lowering.mayOverwrite(0, 0);
    Slot x = lowering.input(0);
    Slot dst = lowering.output(0);
    if (lowering.has(1)) {
      Arithmetic.Function.MAX.emit(lowering, x, lowering.input(1), dst);
    }
    if (lowering.has(2)) {
      Slot src = lowering.has(1) ? dst : x;
      Arithmetic.Function.MIN.emit(lowering, src, lowering.input(2), dst);
    }
  }

  private static boolean isKnown(Lowering lowering, int input) {
    return !lowering.has(input) || lowering.constant(input) != null;
  }

  private static float bound(Lowering lowering, int input, String key, float fallback) {
    Tensor value = lowering.constant(input);
    Node node = lowering.node();
    return value == null ? node.floatAttribute(key, fallback) : value.f32(0);
  }
}
