package dev.lathe.op;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

/** Add, Sub, Mul and Div of two operands of one type, broadcast numpy's way. */
final class Arithmetic implements Operator {

  /** One of these functions in every form it is computed in. */
  record Function(
      String opType,
      BinaryF32.Function vectorized,
      DoubleBinaryOperator plain,
      IntegerFunction integer) {

    static final Function ADD =
        new Function("Add", BinaryF32.Function.ADD, Double::sum, IntegerFunction.ofBits(Long::sum));
    static final Function SUB =
        new Function(
            "Sub",
            BinaryF32.Function.SUB,
            (a, b) -> a - b,
            IntegerFunction.ofBits((a, b) -> a - b));
    static final Function MUL =
        new Function(
            "Mul",
            BinaryF32.Function.MUL,
            (a, b) -> a * b,
            IntegerFunction.ofBits((a, b) -> a * b));
    static final Function DIV =
        new Function(
            "Div",
            BinaryF32.Function.DIV,
            (a, b) -> a / b,
            new IntegerFunction(Function::divide, Function::divideUnsigned));
    static final Function MIN =
        new Function(
            "Min",
            BinaryF32.Function.MIN,
            Math::min,
            new IntegerFunction(Math::min, (a, b) -> Long.compareUnsigned(a, b) < 0 ? a : b));
    static final Function MAX =
        new Function(
            "Max",
            BinaryF32.Function.MAX,
            Math::max,
            new IntegerFunction(Math::max, (a, b) -> Long.compareUnsigned(a, b) > 0 ? a : b));

    /** Integer division truncates. */
    private static long divide(long a, long b) {
      return a / requireNonZero(b);
    }

    private static long divideUnsigned(long a, long b) {
      return Long.divideUnsigned(a, requireNonZero(b));
    }

    /** Emits dst = function(lhs, rhs). */
    void emit(Lowering lowering, Slot lhs, Slot rhs, Slot dst) {
      DType type = dst.fact().dtype();
      if (type == DType.FLOAT32) {
        Pointwise.binary(lowering, vectorized, lhs, rhs, dst);
      } else if (type.isFloat()) {
        TypedPointwise.binaryReal(lowering, opType, plain, lhs, rhs, dst);
      } else {
        TypedPointwise.binaryInteger(lowering, opType, integer.of(type), lhs, rhs, dst);
      }
    }
  }

  private final Function function;

  Arithmetic(Function function) {
    this.function = function;
  }

  /** The divisor, refused when zero: integers have no infinity. */
  static long requireNonZero(long divisor) {
    if (divisor == 0) {
      throw new InvalidDataException(
          new Problem(
              "integer division by zero",
              "a Div or Mod node",
              "the divisor's data contains a zero",
              "check the inputs"));
    }
    return divisor;
  }

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx(function.opType()));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireNumeric(inference, 0);
    Checks.requireSameType(inference, 0, 1);
    return Checks.one(type, Checks.broadcast(inference));
  }

  @Override
  public void lower(Lowering lowering) {
    overwriteSameShape(lowering, 2);
    function.emit(lowering, lowering.input(0), OldBroadcast.operand(lowering), lowering.output(0));
  }

  /** Lets output 0 take the memory of any of the first inputs that has its type and shape. */
  static void overwriteSameShape(Lowering lowering, int inputs) {
    TensorFact output = lowering.outputFact(0);
    for (int i = 0; i < inputs; i++) {
      if (lowering.fact(i).shape().equals(output.shape())
          && lowering.fact(i).dtype() == output.dtype()) {
        lowering.mayOverwrite(0, i);
      }
    }
  }
}
