package dev.lathe.op;

import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.UnaryF32;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * fp32 arithmetic on runs inside slots, for steps that do several things to a row while it is in
 * cache. Positions are elements from the start of the slot.
 */
final class RowMath {

  private final BinaryF32 binary;
  private final UnaryF32 unary;
  private final MemorySegment one;

  RowMath(Lowering lowering) {
    binary = lowering.kernels().pick(BinaryF32.class);
    unary = lowering.kernels().pick(UnaryF32.class);
    one = lowering.allocate(Float.BYTES);
    one.set(Tensor.F32, 0, 1);
  }

  /** dst = function(lhs, rhs). */
  void apply(
      BinaryF32.Function function,
      Frame frame,
      Slot lhs,
      long lhsAt,
      Slot rhs,
      long rhsAt,
      Slot dst,
      long dstAt,
      long count) {
    binary.run(
        function,
        frame.segment(lhs),
        frame.at(lhs) + 4 * lhsAt,
        1,
        frame.segment(rhs),
        frame.at(rhs) + 4 * rhsAt,
        1,
        frame.segment(dst),
        frame.at(dst) + 4 * dstAt,
        count);
  }

  /** dst = 1 - src. */
  void complement(Frame frame, Slot src, long srcAt, Slot dst, long dstAt, long count) {
    binary.run(
        BinaryF32.Function.SUB,
        one,
        0,
        0,
        frame.segment(src),
        frame.at(src) + 4 * srcAt,
        1,
        frame.segment(dst),
        frame.at(dst) + 4 * dstAt,
        count);
  }

  void copy(Frame frame, Slot src, long srcAt, Slot dst, long dstAt, long count) {
    MemorySegment.copy(
        frame.segment(src),
        frame.at(src) + 4 * srcAt,
        frame.segment(dst),
        frame.at(dst) + 4 * dstAt,
        4 * count);
  }

  /** Limits elements to [-limit, limit] in place; does nothing when the limit is infinite. */
  void clip(float limit, Frame frame, Slot data, long at, long count) {
    if (limit != Float.POSITIVE_INFINITY) {
      unary.run(
          UnaryF32.Function.CLIP,
          -limit,
          limit,
          frame.segment(data),
          frame.at(data) + 4 * at,
          frame.segment(data),
          frame.at(data) + 4 * at,
          count);
    }
  }

  /** Applies an activation in place. */
  void activate(RecurrentActivation activation, Frame frame, Slot data, long at, long count) {
    activation.apply(unary, frame.segment(data), frame.at(data) + 4 * at, count);
  }
}
