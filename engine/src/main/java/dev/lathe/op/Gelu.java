package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.UnaryF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import java.util.List;

/** Gelu (opset 20), exact or approximated with tanh. */
final class Gelu implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Gelu"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    approximatesTanh(inference.node());
    DType type = Checks.requireReal(inference, 0);
    return Checks.one(type, inference.shape(0));
  }

  @Override
  public void lower(Lowering lowering) {
    boolean tanh = approximatesTanh(lowering.node());
    if (lowering.fact(0).dtype() == DType.FLOAT32) {
      UnaryF32.Function function = tanh ? UnaryF32.Function.GELU_TANH : UnaryF32.Function.GELU;
      Pointwise.unary(lowering, function, 0, 0);
    } else {
      TypedPointwise.unaryReal(lowering, "Gelu", tanh ? Gelu::approximate : Gelu::exact);
    }
  }

  private static boolean approximatesTanh(Node node) {
    String approximate = node.textAttribute("approximate", "none");
    return switch (approximate) {
      case "none" -> false;
      case "tanh" -> true;
      default ->
          throw GraphErrors.invalid(
              node, "attribute 'approximate' is '" + approximate + "', expected none or tanh");
    };
  }

  private static double exact(double x) {
    return 0.5 * x * (1 + ErrorFunction.erf(x / Math.sqrt(2)));
  }

  private static double approximate(double x) {
    return 0.5 * x * (1 + StrictMath.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }
}
