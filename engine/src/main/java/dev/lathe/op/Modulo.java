package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.util.List;

/**
 * Mod: the remainder takes the sign of the divisor (integers only), or of the dividend when
 * attribute fmod is 1.
 */
final class Modulo implements Operator {

  private static final IntegerFunction TRUNCATED =
      new IntegerFunction(Modulo::truncated, Modulo::unsigned);
  private static final IntegerFunction FLOORED =
      new IntegerFunction(Modulo::floored, Modulo::unsigned);

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Mod"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireNumeric(inference, 0);
    Checks.requireSameType(inference, 0, 1);
    if (type.isFloat() && inference.node().intAttribute("fmod", 0) == 0) {
      throw GraphErrors.invalid(inference.node(), "inputs are " + type + ", which needs fmod=1");
    }
    return Checks.one(
        type, Checks.broadcast(inference.node(), inference.shape(0), inference.shape(1)));
  }

  @Override
  public void lower(Lowering lowering) {
    Slot lhs = lowering.input(0);
    Slot rhs = lowering.input(1);
    Slot dst = lowering.output(0);
    DType type = dst.fact().dtype();
    if (type.isFloat()) {
      TypedPointwise.binaryReal(lowering, "Mod", Modulo::real, lhs, rhs, dst);
    } else {
      boolean truncated = lowering.node().intAttribute("fmod", 0) != 0;
      IntegerFunction function = truncated ? TRUNCATED : FLOORED;
      TypedPointwise.binaryInteger(lowering, "Mod", function.of(type), lhs, rhs, dst);
    }
  }

  private static double real(double a, double b) {
    return a % b;
  }

  private static long truncated(long a, long b) {
    return a % Arithmetic.requireNonZero(b);
  }

  private static long floored(long a, long b) {
    return Math.floorMod(a, Arithmetic.requireNonZero(b));
  }

  private static long unsigned(long a, long b) {
    return Long.remainderUnsigned(a, Arithmetic.requireNonZero(b));
  }
}
