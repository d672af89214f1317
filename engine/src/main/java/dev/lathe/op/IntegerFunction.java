package dev.lathe.op;

import dev.lathe.tensor.DType;
import java.util.function.LongBinaryOperator;

/**
 * An integer function of two operands. All types but uint64 are computed as signed longs, which
 * hold their values; uint64 needs a form of its own where the sign bit matters.
 */
record IntegerFunction(LongBinaryOperator signed, LongBinaryOperator unsigned) {

  /** A function of the bits alone, such as addition. */
  static IntegerFunction ofBits(LongBinaryOperator function) {
    return new IntegerFunction(function, function);
  }

  LongBinaryOperator of(DType type) {
    return type == DType.UINT64 ? unsigned : signed;
  }
}
