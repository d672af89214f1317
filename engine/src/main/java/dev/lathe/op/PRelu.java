package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.util.List;

/** PRelu: the slope broadcasts to x, never x to the slope. */
final class PRelu implements Operator {

  private static final IntegerFunction INTEGER =
      new IntegerFunction(PRelu::integer, (x, slope) -> x);

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("PRelu"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireNumeric(inference, 0);
    Checks.requireSameType(inference, 0, 1);
    if (!Checks.broadcast(inference).equals(inference.shape(0))) {
      throw GraphErrors.invalid(
          inference.node(),
          "slope " + inference.shape(1) + " does not broadcast to x " + inference.shape(0));
    }
    return Checks.one(type, inference.shape(0));
  }

  @Override
  public void lower(Lowering lowering) {
    lowering.mayOverwrite(0, 0);
    Slot x = lowering.input(0);
    Slot slope = OldBroadcast.operand(lowering);
    Slot dst = lowering.output(0);
    DType type = dst.fact().dtype();
    if (type == DType.FLOAT32) {
      Pointwise.binary(lowering, BinaryF32.Function.PRELU, x, slope, dst);
    } else if (type.isFloat()) {
      TypedPointwise.binaryReal(lowering, "PRelu", PRelu::real, x, slope, dst);
    } else {
      TypedPointwise.binaryInteger(lowering, "PRelu", INTEGER.of(type), x, slope, dst);
    }
  }

  private static double real(double x, double slope) {
    return x < 0 ? x * slope : x;
  }

  private static long integer(long x, long slope) {
    return x < 0 ? x * slope : x;
  }
}
