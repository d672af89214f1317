package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/**
 * Element-wise steps for every arithmetic type, one element at a time: floats are computed in
 * double and rounded once, integers in long and wrapped to their type.
 */
final class TypedPointwise {

  private static final long COST = 8;

  private TypedPointwise() {}

  /** Output 0 = function(input 0), in floating point. */
  static void unaryReal(Lowering lowering, String name, DoubleUnaryOperator function) {
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    DType in = src.fact().dtype();
    DType out = dst.fact().dtype();
    emit(
        lowering,
        name,
        dst,
        (frame, from, to) -> {
          MemorySegment s = frame.segment(src);
          MemorySegment d = frame.segment(dst);
          for (long i = from; i < to; i++) {
            double x = Elements.getDouble(in, s, frame.at(src), i);
            Elements.putDouble(out, d, frame.at(dst), i, function.applyAsDouble(x));
          }
        });
  }

  /** Output 0 = function(input 0), in integers. */
  static void unaryInteger(Lowering lowering, String name, LongUnaryOperator function) {
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    DType in = src.fact().dtype();
    DType out = dst.fact().dtype();
    emit(
        lowering,
        name,
        dst,
        (frame, from, to) -> {
          MemorySegment s = frame.segment(src);
          MemorySegment d = frame.segment(dst);
          for (long i = from; i < to; i++) {
            long x = Elements.getLong(in, s, frame.at(src), i);
            Elements.putLong(out, d, frame.at(dst), i, function.applyAsLong(x));
          }
        });
  }

  /** dst = function(lhs, rhs) broadcast, in floating point. */
  static void binaryReal(
      Lowering lowering, String name, DoubleBinaryOperator function, Slot lhs, Slot rhs, Slot dst) {
    Pair pair = new Pair(lhs, rhs, dst);
    emit(
        lowering,
        name,
        dst,
        (frame, from, to) -> {
          for (long i = from; i < to; i++) {
            double l = Elements.getDouble(pair.lhsType, pair.lhs(frame), pair.lhsAt(frame, i), 0);
            double r = Elements.getDouble(pair.rhsType, pair.rhs(frame), pair.rhsAt(frame, i), 0);
            pair.put(frame, i, function.applyAsDouble(l, r));
          }
        });
  }

  /** dst = function(lhs, rhs) broadcast, in integers. */
  static void binaryInteger(
      Lowering lowering, String name, LongBinaryOperator function, Slot lhs, Slot rhs, Slot dst) {
    Pair pair = new Pair(lhs, rhs, dst);
    emit(
        lowering,
        name,
        dst,
        (frame, from, to) -> {
          for (long i = from; i < to; i++) {
            long l = Elements.getLong(pair.lhsType, pair.lhs(frame), pair.lhsAt(frame, i), 0);
            long r = Elements.getLong(pair.rhsType, pair.rhs(frame), pair.rhsAt(frame, i), 0);
            pair.put(frame, i, function.applyAsLong(l, r));
          }
        });
  }

  private static void emit(Lowering lowering, String name, Slot dst, RangeStep.Body body) {
    long count = dst.fact().shape().elements();
    lowering.emit(new RangeStep(name, count, RangeStep.CACHE_LINE_GRAIN, count * COST, body));
  }

  /** Two operands broadcast to an output. */
  private static final class Pair {
    private final Slot lhs;
    private final Slot rhs;
    private final Slot dst;
    private final DType lhsType;
    private final DType rhsType;
    private final DType dstType;
    private final Nest nest;

    Pair(Slot lhs, Slot rhs, Slot dst) {
      this.lhs = lhs;
      this.rhs = rhs;
      this.dst = dst;
      this.lhsType = lhs.fact().dtype();
      this.rhsType = rhs.fact().dtype();
      this.dstType = dst.fact().dtype();
      this.nest = Nest.broadcast(dst.fact().shape(), lhs.fact().shape(), rhs.fact().shape());
    }

    MemorySegment lhs(Frame frame) {
      return frame.segment(lhs);
    }

    MemorySegment rhs(Frame frame) {
      return frame.segment(rhs);
    }

    long lhsAt(Frame frame, long index) {
      return frame.at(lhs) + nest.offset(1, index, 0) * (lhsType.bits() / 8);
    }

    long rhsAt(Frame frame, long index) {
      return frame.at(rhs) + nest.offset(2, index, 0) * (rhsType.bits() / 8);
    }

    void put(Frame frame, long index, double value) {
      Elements.putDouble(dstType, frame.segment(dst), frame.at(dst), index, value);
    }

    void put(Frame frame, long index, long value) {
      Elements.putLong(dstType, frame.segment(dst), frame.at(dst), index, value);
    }
  }
}
