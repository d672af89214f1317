package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Products of types other than float32, one element at a time: {@code Y = alpha A' B' + beta C}.
 * Floats are summed in double and rounded once; integers in long, which wraps as their type does.
 */
final class TypedProduct implements RangeStep.Body {

  private final ProductForm form;
  private final DType type;
  private final Slot lhs;
  private final Slot rhs;
  private final Slot dst;
  private final @Nullable Slot addend;
  private final @Nullable Nest addends;
  private final float beta;

  private TypedProduct(Lowering lowering, ProductForm form, boolean hasAddend) {
    this.form = form;
    this.lhs = lowering.input(0);
    this.rhs = lowering.input(1);
    this.dst = lowering.output(0);
    this.type = dst.fact().dtype();
    this.addend = hasAddend ? lowering.input(2) : null;
    this.addends = addend == null ? null : Nest.broadcast(form.result(), addend.fact().shape());
    this.beta = lowering.node().floatAttribute("beta", 1);
  }

  /**
   * Emits the product of inputs 0 and 1 into output 0.
   *
   * @param hasAddend whether input 2, broadcast to the result, is added
   */
  static void emit(Lowering lowering, ProductForm form, boolean hasAddend) {
    TypedProduct product = new TypedProduct(lowering, form, hasAddend);
    long rows = form.result().elements() / Math.max(1, form.n());
    lowering.emit(RangeStep.units("product", rows, 4L * form.n() * form.k(), product));
  }

  @Override
  public void run(Frame frame, long from, long to) {
    long kStride = form.transB() ? 1 : form.n();
    long nStride = form.transB() ? form.k() : 1;
    for (long row = from; row < to; row++) {
      int product = (int) (row / form.m());
      long i = row - (long) product * form.m();
      long a = form.lhsMatrix(product) * form.m() * form.k() + i * (form.transA() ? 1 : form.k());
      long b = form.rhsMatrix(product) * form.k() * form.n();
      for (int j = 0; j < form.n(); j++) {
        element(frame, row * form.n() + j, a, b + j * nStride, kStride);
      }
    }
  }

  private void element(Frame frame, long at, long a, long b, long kStride) {
    MemorySegment l = frame.segment(lhs);
    MemorySegment r = frame.segment(rhs);
    MemorySegment d = frame.segment(dst);
    long step = form.transA() ? form.m() : 1;
    long c = addends == null ? 0 : addends.offset(1, at, 0);
    if (type.isInteger() && form.alpha() == 1 && (addend == null || beta == 1)) {
      long sum =
          addend == null ? 0 : Elements.getLong(type, frame.segment(addend), frame.at(addend), c);
      for (long k = 0; k < form.k(); k++) {
        sum +=
            Elements.getLong(type, l, frame.at(lhs), a + k * step)
                * Elements.getLong(type, r, frame.at(rhs), b + k * kStride);
      }
      Elements.putLong(type, d, frame.at(dst), at, sum);
      return;
    }
    double sum = 0;
    for (long k = 0; k < form.k(); k++) {
      sum +=
          Elements.getDouble(type, l, frame.at(lhs), a + k * step)
              * Elements.getDouble(type, r, frame.at(rhs), b + k * kStride);
    }
    sum *= form.alpha();
    if (addend != null) {
      sum += beta * Elements.getDouble(type, frame.segment(addend), frame.at(addend), c);
    }
    Elements.putDouble(type, d, frame.at(dst), at, sum);
  }
}
