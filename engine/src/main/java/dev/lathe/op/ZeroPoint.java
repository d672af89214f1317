package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The zero point of an 8-bit operand, moved along when the operand is: int8 on the left of a
 * product becomes uint8 (plus 128), uint8 on the right int8 (minus 128).
 *
 * @param value null when it is omitted (0) or known only in the run
 * @param slot where it is in the run; null when omitted
 * @param count how many there are; 1 when omitted
 */
record ZeroPoint(@Nullable Tensor value, @Nullable Slot slot, int shift, long count) {

  static ZeroPoint of(Lowering lowering, int input, int shift) {
    if (!lowering.has(input)) {
      return new ZeroPoint(null, null, shift, 1);
    }
    Tensor value = lowering.constant(input);
    long count = lowering.fact(input).shape().elements();
    return new ZeroPoint(value, lowering.input(input), shift, count);
  }

  /** Checks type and number: one, one per row (or column) of a matrix or of all matrices. */
  static void check(Inference inference, int operand, int input, long lines, long matrices) {
    if (!inference.has(input)) {
      return;
    }
    Checks.requireSameType(inference, operand, input);
    requireCount(inference, input, lines, matrices);
  }

  /** Checks the number of zero points or scales likewise. */
  static void requireCount(Inference inference, int input, long lines, long matrices) {
    long count = inference.shape(input).elements();
    if (count != 1 && count != lines && count != lines * matrices) {
      throw GraphErrors.invalid(
          inference.node(),
          "input "
              + input
              + " has shape "
              + inference.shape(input)
              + ", expected one element or "
              + lines);
    }
  }

  /** Index of the parameter of a line of a matrix among {@code count} of them. */
  static long index(long count, int matrix, int lines, int line) {
    return count == 1 ? 0 : count == lines ? line : (long) matrix * lines + line;
  }

  /** Whether it is the same for every run. */
  boolean known() {
    return slot == null || value != null;
  }

  /** Whether it is 0 in every run. */
  boolean isZero() {
    return slot == null && shift == 0;
  }

  /** A known zero point. */
  int get(long index) {
    return shift + (value == null ? 0 : (int) value.integer(index));
  }

  int get(Frame frame, long index) {
    if (slot == null) {
      return shift;
    }
    DType type = slot.fact().dtype();
    return shift + (int) Elements.getLong(type, frame.segment(slot), frame.at(slot), index);
  }
}
