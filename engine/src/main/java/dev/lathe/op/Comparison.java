package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntPredicate;
import java.util.function.LongBinaryOperator;

/** Comparisons of two operands of one type, and the logical functions of two bools. */
final class Comparison implements Operator {

  static final List<Operator> ALL =
      List.of(
          new Comparison(
              "Equal",
              false,
              (a, b) -> a == b ? 1 : 0,
              IntegerFunction.ofBits((a, b) -> a == b ? 1 : 0)),
          compare("Less", (a, b) -> a < b ? 1 : 0, order -> order < 0),
          compare("LessOrEqual", (a, b) -> a <= b ? 1 : 0, order -> order <= 0),
          compare("Greater", (a, b) -> a > b ? 1 : 0, order -> order > 0),
          compare("GreaterOrEqual", (a, b) -> a >= b ? 1 : 0, order -> order >= 0),
          logical("And", (a, b) -> a & b),
          logical("Or", (a, b) -> a | b),
          logical("Xor", (a, b) -> a ^ b));

  private final String opType;
  private final boolean logical;
  private final DoubleBinaryOperator plain;
  private final IntegerFunction integer;

  private Comparison(
      String opType, boolean logical, DoubleBinaryOperator plain, IntegerFunction integer) {
    this.opType = opType;
    this.logical = logical;
    this.plain = plain;
    this.integer = integer;
  }

  private static Comparison logical(String opType, LongBinaryOperator function) {
    return new Comparison(opType, true, (a, b) -> Double.NaN, IntegerFunction.ofBits(function));
  }

  private static Comparison compare(String opType, DoubleBinaryOperator plain, IntPredicate order) {
    LongBinaryOperator signed = (a, b) -> order.test(Long.compare(a, b)) ? 1 : 0;
    LongBinaryOperator unsigned = (a, b) -> order.test(Long.compareUnsigned(a, b)) ? 1 : 0;
    return new Comparison(opType, false, plain, new IntegerFunction(signed, unsigned));
  }

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx(opType));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireArithmetic(inference, 0);
    Checks.requireSameType(inference, 0, 1);
    if (logical && type != DType.BOOL) {
      throw GraphErrors.invalid(inference.node(), "inputs are " + type + ", expected bool");
    }
    return Checks.one(DType.BOOL, Checks.broadcast(inference));
  }

  @Override
  public void lower(Lowering lowering) {
    Slot lhs = lowering.input(0);
    Slot rhs = OldBroadcast.operand(lowering);
    Slot dst = lowering.output(0);
    DType type = lhs.fact().dtype();
    if (type.isFloat()) {
      TypedPointwise.binaryReal(lowering, opType, plain, lhs, rhs, dst);
    } else {
      TypedPointwise.binaryInteger(lowering, opType, integer.of(type), lhs, rhs, dst);
    }
  }
}
