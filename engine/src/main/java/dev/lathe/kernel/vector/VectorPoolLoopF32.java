package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.Window;
import dev.lathe.tensor.Tensor;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Pooling of one {@link PoolLoop.Kind}: channels are the lanes.
 *
 * <pre>
 * for each output pixel, for each block of channels:
 *   accumulators = identity        up to 4 vectors stay in registers over all taps
 *   for each tap inside the image, row-major: accumulators = max or sum with the tap's channels
 * </pre>
 */
final class VectorPoolLoopF32 implements PoolLoop {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final Kind KIND = Specialization.operation(MethodHandles.lookup(), Kind.class);
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final int LANES = S.length();
  private static final long BYTES = S.vectorByteSize();
  private static final float IDENTITY = KIND == Kind.MAX ? Float.NEGATIVE_INFINITY : 0f;

  @Override
  public void run(Window w, long divisors, long src, long dst, int rowFrom, int rowTo) {
    long pixelBytes = 4L * w.channels();
    long rowBytes = pixelBytes * w.inWidth();
    long nextColumn = pixelBytes * w.dilationWidth();
    long nextRow = rowBytes * w.dilationHeight();
    for (int oh = rowFrom; oh < rowTo; oh++) {
      int khFrom = firstInside(w.inRow(oh, 0), w.dilationHeight());
      int khTo = endInside(w.inRow(oh, 0), w.dilationHeight(), w.inHeight(), w.kernelHeight());
      for (int ow = 0; ow < w.outWidth(); ow++) {
        int kwFrom = firstInside(w.inColumn(ow, 0), w.dilationWidth());
        int kwTo = endInside(w.inColumn(ow, 0), w.dilationWidth(), w.inWidth(), w.kernelWidth());
        long taps = src + rowBytes * w.inRow(oh, khFrom) + pixelBytes * w.inColumn(ow, kwFrom);
        long pixel = (long) oh * w.outWidth() + ow;
        float divisor = KIND == Kind.MAX ? 1f : ALL.get(Tensor.F32, divisors + 4 * pixel);
        pixel(
            taps,
            khTo - khFrom,
            nextRow,
            kwTo - kwFrom,
            nextColumn,
            w.channels(),
            divisor,
            dst + pixelBytes * pixel);
      }
    }
  }

  /** The first kernel index whose position {@code start + index * dilation} is not negative. */
  private static int firstInside(int start, int dilation) {
    return start >= 0 ? 0 : Math.ceilDiv(-start, dilation);
  }

  /** The kernel index at which the position leaves the image, at most {@code kernel}. */
  private static int endInside(int start, int dilation, int size, int kernel) {
    return Math.min(kernel, Math.max(0, Math.ceilDiv(size - start, dilation)));
  }

  private static void pixel(
      long taps,
      int rows,
      long nextRow,
      int columns,
      long nextColumn,
      int channels,
      float divisor,
      long dst) {
    int c = 0;
    for (; c <= channels - 4 * LANES; c += 4 * LANES) {
      FloatVector a0 = identity();
      FloatVector a1 = identity();
      FloatVector a2 = identity();
      FloatVector a3 = identity();
      for (int kh = 0; kh < rows; kh++) {
        long at = taps + kh * nextRow + 4L * c;
        for (int kw = 0; kw < columns; kw++, at += nextColumn) {
          a0 = combine(V.cast(a0), load(at));
          a1 = combine(V.cast(a1), load(at + BYTES));
          a2 = combine(V.cast(a2), load(at + 2 * BYTES));
          a3 = combine(V.cast(a3), load(at + 3 * BYTES));
        }
      }
      long to = dst + 4L * c;
      finished(V.cast(a0), divisor).intoMemorySegment(ALL, to, LE);
      finished(V.cast(a1), divisor).intoMemorySegment(ALL, to + BYTES, LE);
      finished(V.cast(a2), divisor).intoMemorySegment(ALL, to + 2 * BYTES, LE);
      finished(V.cast(a3), divisor).intoMemorySegment(ALL, to + 3 * BYTES, LE);
    }
    for (; c < channels; c += LANES) {
      VectorMask<Float> inside = S.indexInRange(c, channels);
      FloatVector a = identity();
      for (int kh = 0; kh < rows; kh++) {
        long at = taps + kh * nextRow + 4L * c;
        for (int kw = 0; kw < columns; kw++, at += nextColumn) {
          a = combine(V.cast(a), load(at, inside));
        }
      }
      finished(V.cast(a), divisor).intoMemorySegment(ALL, dst + 4L * c, LE, inside);
    }
  }

  /** Made anew, not kept: C2 boxes an accumulator in every round if it starts as an object. */
  private static FloatVector identity() {
    return V.cast(FloatVector.broadcast(S, IDENTITY));
  }

  private static FloatVector combine(FloatVector a, FloatVector tap) {
    return V.cast(KIND == Kind.MAX ? a.max(tap) : a.add(tap));
  }

  private static FloatVector finished(FloatVector a, float divisor) {
    return V.cast(KIND == Kind.MAX ? a : a.div(divisor));
  }

  private static FloatVector load(long at) {
    return V.cast(FloatVector.fromMemorySegment(S, ALL, at, LE));
  }

  private static FloatVector load(long at, VectorMask<Float> mask) {
    return V.cast(FloatVector.fromMemorySegment(S, ALL, at, LE, mask));
  }
}
