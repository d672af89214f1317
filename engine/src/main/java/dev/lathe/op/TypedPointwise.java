package dev.lathe.op;

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
    DType lhsType = lhs.fact().dtype();
    DType rhsType = rhs.fact().dtype();
    DType dstType = dst.fact().dtype();
    Nest nest = Nest.broadcast(dst.fact().shape(), lhs.fact().shape(), rhs.fact().shape());
    emit(
        lowering,
        name,
        dst,
        (frame, from, to) -> {
          MemorySegment l = frame.segment(lhs);
          MemorySegment r = frame.segment(rhs);
          MemorySegment d = frame.segment(dst);
          long inner = nest.inner();
          for (long i = from, row = from / inner; i < to; row++) {
            long end = Math.min(to, (row + 1) * inner);
            long x = nest.offset(1, row, 1) + (i - row * inner) * nest.innerStride(1);
            long y = nest.offset(2, row, 1) + (i - row * inner) * nest.innerStride(2);
            for (; i < end; i++, x += nest.innerStride(1), y += nest.innerStride(2)) {
              double a = Elements.getDouble(lhsType, l, frame.at(lhs), x);
              double b = Elements.getDouble(rhsType, r, frame.at(rhs), y);
              Elements.putDouble(dstType, d, frame.at(dst), i, function.applyAsDouble(a, b));
            }
          }
        });
  }

  /** dst = function(lhs, rhs) broadcast, in integers. */
  static void binaryInteger(
      Lowering lowering, String name, LongBinaryOperator function, Slot lhs, Slot rhs, Slot dst) {
    DType lhsType = lhs.fact().dtype();
    DType rhsType = rhs.fact().dtype();
    DType dstType = dst.fact().dtype();
    Nest nest = Nest.broadcast(dst.fact().shape(), lhs.fact().shape(), rhs.fact().shape());
    emit(
        lowering,
        name,
        dst,
        (frame, from, to) -> {
          MemorySegment l = frame.segment(lhs);
          MemorySegment r = frame.segment(rhs);
          MemorySegment d = frame.segment(dst);
          long inner = nest.inner();
          for (long i = from, row = from / inner; i < to; row++) {
            long end = Math.min(to, (row + 1) * inner);
            long x = nest.offset(1, row, 1) + (i - row * inner) * nest.innerStride(1);
            long y = nest.offset(2, row, 1) + (i - row * inner) * nest.innerStride(2);
            for (; i < end; i++, x += nest.innerStride(1), y += nest.innerStride(2)) {
              long a = Elements.getLong(lhsType, l, frame.at(lhs), x);
              long b = Elements.getLong(rhsType, r, frame.at(rhs), y);
              Elements.putLong(dstType, d, frame.at(dst), i, function.applyAsLong(a, b));
            }
          }
        });
  }

  private static void emit(Lowering lowering, String name, Slot dst, RangeStep.Body body) {
    long count = dst.fact().shape().elements();
    lowering.emit(new RangeStep(name, count, RangeStep.CACHE_LINE_GRAIN, count * COST, body));
  }
}
