package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.MathF32;
import dev.lathe.kernel.UnaryF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pow: base and exponent may differ in type, the result has the base's. A constant exponent of 1/2
 * or 2, as graphs of normalizations have, is a square root or a product.
 */
final class Power implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Pow"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireNumeric(inference, 0);
    Checks.requireNumeric(inference, 1);
    return Checks.one(type, Checks.broadcast(inference));
  }

  @Override
  public void lower(Lowering lowering) {
    Slot base = lowering.input(0);
    Slot exponent = OldBroadcast.operand(lowering);
    boolean f32 = base.fact().dtype() == DType.FLOAT32;
    boolean sameShape = base.fact().shape().equals(lowering.outputFact(0).shape());
    double known = scalar(lowering.constant(1));
    if (f32 && sameShape) {
      lowering.mayOverwrite(0, 0);
    }
    Slot dst = lowering.output(0);
    if (f32 && sameShape && known == 2) {
      Pointwise.binary(lowering, BinaryF32.Function.MUL, base, base, dst);
    } else if (f32 && sameShape && known == 0.5) {
      Pointwise.unary(lowering, UnaryF32.Function.SQRT, 0, 0);
    } else if (f32 && exponent.fact().dtype() == DType.FLOAT32) {
      Pointwise.binary(lowering, BinaryF32.Function.POW, base, exponent, dst);
    } else if (!base.fact().dtype().isFloat() && !exponent.fact().dtype().isFloat()) {
      TypedPointwise.binaryInteger(lowering, "Pow", Power::integer, base, exponent, dst);
    } else {
      TypedPointwise.binaryReal(lowering, "Pow", MathF32::pow, base, exponent, dst);
    }
  }

  /** Exact modulo 2^64; a negative exponent truncates the fraction to an integer. */
  private static long integer(long base, long exponent) {
    if (exponent < 0) {
      return base == 1 ? 1 : base == -1 ? 1 - 2 * (exponent & 1) : 0;
    }
    long result = 1;
    for (long square = base, rest = exponent; rest != 0; rest >>= 1, square *= square) {
      result *= (rest & 1) != 0 ? square : 1;
    }
    return result;
  }

  /** The value of a known one-element tensor, else NaN. */
  private static double scalar(@Nullable Tensor value) {
    return value == null || value.elements() != 1
        ? Double.NaN
        : Elements.getDouble(value.dtype(), value.data(), 0, 0);
  }
}
