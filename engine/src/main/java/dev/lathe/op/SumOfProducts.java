package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A contraction of one or two operands of any type, one result element after the other: its labels
 * are walked outside, those that the result lacks inside. Floats are summed in double, integers in
 * long.
 */
final class SumOfProducts implements RangeStep.Body {

  private final EinsumView lhs;
  private final @Nullable EinsumView rhs;
  private final EinsumView dst;
  private final Nest kept;
  private final Nest summed;

  private SumOfProducts(
      EinsumEquation equation, EinsumView lhs, @Nullable EinsumView rhs, EinsumView dst) {
    this.lhs = lhs;
    this.rhs = rhs;
    this.dst = dst;
    EinsumView other = rhs == null ? lhs : rhs;
    int[] outer = dst.labels();
    int[] inner =
        IntStream.range(0, equation.labels())
            .filter(label -> (lhs.has(label) || other.has(label)) && !dst.has(label))
            .toArray();
    this.kept =
        Nest.of(
            IntStream.of(outer).mapToLong(equation::extent).toArray(),
            lhs.strides(outer),
            other.strides(outer),
            dst.strides(outer));
    this.summed =
        Nest.of(
            IntStream.of(inner).mapToLong(equation::extent).toArray(),
            lhs.strides(inner),
            other.strides(inner));
  }

  /** Emits dst = the sum of lhs (times rhs) over the labels that dst lacks. */
  static void emit(
      Lowering lowering,
      EinsumEquation equation,
      EinsumView lhs,
      @Nullable EinsumView rhs,
      EinsumView dst) {
    SumOfProducts body = new SumOfProducts(equation, lhs, rhs, dst);
    lowering.emit(RangeStep.units("einsum", body.kept.outer(0), body.summed.outer(0) * 2, body));
  }

  @Override
  public void run(Frame frame, long from, long to) {
    MemorySegment out = frame.segment(dst.slot());
    long at = frame.at(dst.slot());
    for (long i = from; i < to; i++) {
      long l = kept.offset(0, i, 0);
      long r = kept.offset(1, i, 0);
      long index = kept.offset(2, i, 0);
      if (dst.type().isFloat()) {
        Elements.putDouble(dst.type(), out, at, index, real(frame, l, r));
      } else {
        Elements.putLong(dst.type(), out, at, index, whole(frame, l, r));
      }
    }
  }

  private double real(Frame frame, long lhsStart, long rhsStart) {
    double sum = 0;
    long rows = summed.outer(1);
    for (long row = 0; row < rows; row++) {
      long l = lhsStart + summed.offset(0, row, 1);
      long r = rhsStart + summed.offset(1, row, 1);
      for (long i = 0; i < summed.inner(); i++) {
        double product = real(lhs, frame, l + i * summed.innerStride(0));
        if (rhs != null) {
          product *= real(rhs, frame, r + i * summed.innerStride(1));
        }
        sum += product;
      }
    }
    return sum;
  }

  private long whole(Frame frame, long lhsStart, long rhsStart) {
    long sum = 0;
    long rows = summed.outer(1);
    for (long row = 0; row < rows; row++) {
      long l = lhsStart + summed.offset(0, row, 1);
      long r = rhsStart + summed.offset(1, row, 1);
      for (long i = 0; i < summed.inner(); i++) {
        long product = whole(lhs, frame, l + i * summed.innerStride(0));
        if (rhs != null) {
          product *= whole(rhs, frame, r + i * summed.innerStride(1));
        }
        sum += product;
      }
    }
    return sum;
  }

  private static double real(EinsumView view, Frame frame, long index) {
    DType type = view.type();
    MemorySegment segment = frame.segment(view.slot());
    long at = frame.at(view.slot());
    return type == DType.FLOAT32
        ? segment.get(Tensor.F32, at + 4 * index)
        : Elements.getDouble(type, segment, at, index);
  }

  private static long whole(EinsumView view, Frame frame, long index) {
    DType type = view.type();
    return Elements.getLong(type, frame.segment(view.slot()), frame.at(view.slot()), index);
  }
}
