package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Pools planes of three spatial axes, one output at a time and in double; works on output rows.
 *
 * @param windows over three axes
 * @param p exponent of LP
 * @param includePads whether an average counts padding
 * @param indices where the position of each maximum goes, counted over the whole input; the first
 *     of equals
 * @param columnMajor whether positions count the first spatial axis fastest
 */
record PoolBody(
    PoolWindows windows,
    Function function,
    long p,
    boolean includePads,
    Slot src,
    Slot dst,
    @Nullable Slot indices,
    boolean columnMajor)
    implements RangeStep.Body {

  enum Function {
    MAX,
    AVERAGE,
    /** (sum of |x|^p)^(1/p). */
    LP
  }

  @Override
  public void run(Frame frame, long from, long to) {
    DType type = src.fact().dtype();
    long rows = (long) windows.out(0) * windows.out(1);
    int width = windows.out(2);
    for (long row = from; row < to; row++) {
      long plane = row / rows;
      int od = (int) (row - plane * rows) / windows.out(1);
      int oh = (int) (row - plane * rows) % windows.out(1);
      for (int ow = 0; ow < width; ow++) {
        long at = row * width + ow;
        double value;
        if (function == Function.MAX) {
          long best = largest(frame, type, plane, od, oh, ow);
          value = get(frame, type, best);
          if (indices != null) {
            long index = index(plane, best);
            frame.segment(indices).set(Tensor.I64, frame.at(indices) + 8 * at, index);
          }
        } else {
          value = reduced(frame, type, plane, od, oh, ow);
        }
        Elements.putDouble(type, frame.segment(dst), frame.at(dst), at, value);
      }
    }
  }

  private double get(Frame frame, DType type, long at) {
    MemorySegment in = frame.segment(src);
    return Elements.getDouble(type, in, frame.at(src), at);
  }

  private long planeElements() {
    return (long) windows.in(0) * windows.in(1) * windows.in(2);
  }

  /** Position of the first largest tap; of the first NaN when there is one. */
  private long largest(Frame frame, DType type, long plane, int od, int oh, int ow) {
    long best = -1;
    double max = Double.NEGATIVE_INFINITY;
    for (int kd = 0; kd < windows.kernel(0); kd++) {
      int d = windows.position(0, od, kd);
      for (int kh = 0; kh < windows.kernel(1) && d >= 0; kh++) {
        int h = windows.position(1, oh, kh);
        for (int kw = 0; kw < windows.kernel(2) && h >= 0; kw++) {
          int w = windows.position(2, ow, kw);
          if (w < 0) {
            continue;
          }
          long at = plane * planeElements() + ((long) d * windows.in(1) + h) * windows.in(2) + w;
          double x = get(frame, type, at);
          if (best < 0 || x > max || (Double.isNaN(x) && !Double.isNaN(max))) {
            best = at;
            max = x;
          }
        }
      }
    }
    return best;
  }

  private double reduced(Frame frame, DType type, long plane, int od, int oh, int ow) {
    double sum = 0;
    for (int kd = 0; kd < windows.kernel(0); kd++) {
      int d = windows.position(0, od, kd);
      for (int kh = 0; kh < windows.kernel(1) && d >= 0; kh++) {
        int h = windows.position(1, oh, kh);
        for (int kw = 0; kw < windows.kernel(2) && h >= 0; kw++) {
          int w = windows.position(2, ow, kw);
          if (w >= 0) {
            long at = plane * planeElements() + ((long) d * windows.in(1) + h) * windows.in(2) + w;
            sum += term(get(frame, type, at));
          }
        }
      }
    }
    if (function == Function.LP) {
      return p == 1 ? sum : p == 2 ? Math.sqrt(sum) : power(sum, 1.0 / p);
    }
    double counted =
        (double) windows.counted(0, od, includePads)
            * windows.counted(1, oh, includePads)
            * windows.counted(2, ow, includePads);
    return sum / counted;
  }

  private double term(double x) {
    if (function == Function.AVERAGE) {
      return x;
    }
    return p == 1 ? Math.abs(x) : p == 2 ? x * x : power(Math.abs(x), (double) p);
  }

  /** Without the allocation of StrictMath.pow. */
  private static double power(double x, double y) {
    return x == 0 ? 0 : StrictMath.exp(y * StrictMath.log(x));
  }

  private long index(long plane, long at) {
    if (!columnMajor) {
      return at;
    }
    long inPlane = at - plane * planeElements();
    long w = inPlane % windows.in(2);
    long h = inPlane / windows.in(2) % windows.in(1);
    long d = inPlane / windows.in(2) / windows.in(1);
    long first = windows.in(0);
    return plane * planeElements() + d + first * (h + windows.in(1) * w);
  }
}
