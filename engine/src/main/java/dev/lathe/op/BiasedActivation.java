package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.UnaryF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The activations ONNX Runtime fuses with the bias before them, and BiasAdd; float32. The bias has
 * one element per index of the last axis.
 *
 * <pre>
 * Gelu(x)   BiasGelu(x, bias)   FastGelu(x, bias?)   QuickGelu(x) = x sigmoid(alpha x)
 * BiasAdd(x, bias, skip)
 * </pre>
 */
final class BiasedActivation implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(
        Microsoft.key("Gelu"),
        Microsoft.key("BiasGelu"),
        Microsoft.key("FastGelu"),
        Microsoft.key("QuickGelu"),
        Microsoft.key("BiasAdd"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Checks.requireF32(inference, 0);
    Shape shape = inference.shape(0);
    if (takesBias(node) && inference.has(1)) {
      Checks.requireF32(inference, 1);
      if (shape.rank() == 0 || !inference.shape(1).equals(Shape.of(shape.dim(-1)))) {
        throw GraphErrors.invalid(
            node, "bias has shape " + inference.shape(1) + " for an input of " + shape);
      }
    } else if (!node.opType().equals("Gelu") && !node.opType().equals("QuickGelu")) {
      inference.fact(node.opType().equals("FastGelu") ? 0 : 1);
    }
    if (isAdd(node)) {
      Checks.requireF32(inference, 2);
      if (!inference.shape(2).equals(shape)) {
        throw GraphErrors.invalid(
            node, "skip has shape " + inference.shape(2) + ", expected " + shape);
      }
    }
    return Checks.one(DType.FLOAT32, shape);
  }

  private static boolean takesBias(Node node) {
    return switch (node.opType()) {
      case "BiasGelu", "FastGelu", "BiasAdd" -> true;
      default -> false;
    };
  }

  private static boolean isAdd(Node node) {
    return node.opType().equals("BiasAdd");
  }

  private static UnaryF32.@Nullable Function function(Node node) {
    return switch (node.opType()) {
      case "FastGelu" -> UnaryF32.Function.GELU_TANH;
      case "QuickGelu" -> UnaryF32.Function.SWISH;
      case "BiasAdd" -> null;
      default -> UnaryF32.Function.GELU;
    };
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    if (!isAdd(node)) {
      lowering.mayOverwrite(0, 0);
    }
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    if (takesBias(node) && lowering.has(1)) {
      Pointwise.binary(lowering, BinaryF32.Function.ADD, src, lowering.input(1), dst);
      src = dst;
    }
    UnaryF32.Function function = function(node);
    if (function == null) {
      Pointwise.binary(lowering, BinaryF32.Function.ADD, src, lowering.input(2), dst);
    } else {
      Pointwise.unary(lowering, function, node.floatAttribute("alpha", 1.702f), 0, src, dst);
    }
  }
}
