package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.FMA;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.DepthwiseF32;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.Window;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * {@link DepthwiseF32} with vectors of channels.
 *
 * <pre>
 * output row   | left edge | interior: every tap inside the image   | right edge |
 *              |  columns one by one  |  four columns at a time  | one by one   |
 * registers: 4 accumulators + 1 weight + 1 pixel of 16
 *            3 taps side by side: 4 accumulators + 3 weights + 1 of 6 pixels
 * range: any float32; one rounding per tap
 * instruction: vfmadd231ps; fmla
 * </pre>
 *
 * <p>Edges have their taps clipped once per column, so no tap is tested one by one. A row of sums
 * goes to scratch memory, the epilogue from there to the output.
 */
final class VectorDepthwiseF32 implements DepthwiseF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final int LANES = S.length();

  /**
   * Most bytes between neighbours of a tile: up to five times as many are an int offset, which is
   * part of an operand's address where a long one would be an addition.
   */
  private static final int MOST = (1 << 28) - 1;

  @Override
  public KernelName name() {
    return KernelName.of("f32", "dwconv", ISA);
  }

  @Override
  public void run(
      Window window,
      FloatEpilogue epilogue,
      MemorySegment weights,
      MemorySegment src,
      long srcAt,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo) {
    Objects.checkFromToIndex(rowFrom, rowTo, window.outHeight());
    if (rowFrom == rowTo || window.outElements() == 0) {
      return;
    }
    int channels = window.channels();
    long pixels = (long) window.outHeight() * window.outWidth();
    long x = Vectors.address(src, srcAt, 4 * window.inElements());
    long w = Vectors.address(weights, 0, 4L * window.taps() * channels);
    long to = Vectors.address(dst, dstAt, 4 * window.outElements());
    long plusBytes = 4 * ((pixels - 1) * epilogue.addendStride() + channels);
    long plus = addend == null ? 0 : Vectors.address(addend, addendAt, plusBytes);
    MemorySegment offsets = epilogue.bias();
    long bias = offsets == null ? 0 : Vectors.address(offsets, 0, 4L * channels);
    long sums = Scratch.address(4L * window.outWidth() * channels);
    for (int oh = rowFrom; oh < rowTo; oh++) {
      sumRow(window, x, w, oh, sums);
      long pixel = (long) oh * window.outWidth();
      long add = plus == 0 ? 0 : plus + 4 * pixel * epilogue.addendStride();
      finishRow(window, epilogue, sums, bias, add, to + 4 * pixel * channels);
    }
  }

  /** The sums of an output row: float32 [outWidth][channels]. */
  private static void sumRow(Window window, long src, long weights, int oh, long sums) {
    int khFrom = 0;
    int khTo = window.kernelHeight();
    while (khFrom < khTo && window.inRow(oh, khFrom) < 0) {
      khFrom++;
    }
    while (khTo > khFrom && window.inRow(oh, khTo - 1) >= window.inHeight()) {
      khTo--;
    }
    int rows = khTo - khFrom;
    int channels = window.channels();
    int whole = channels / LANES * LANES;
    long pixelBytes = 4L * channels;
    long x = src + pixelBytes * window.inWidth() * Math.max(0, window.inRow(oh, khFrom));
    long w = weights + pixelBytes * window.kernelWidth() * khFrom;
    boolean near = pixelBytes * Math.max(window.strideWidth(), window.dilationWidth()) <= MOST;
    int ow = 0;
    while (ow < window.outWidth()) {
      boolean four = near && ow + 4 <= window.outWidth() && interior(window, ow, ow + 3);
      long acc = sums + pixelBytes * ow;
      if (four) {
        long at = x + pixelBytes * window.inColumn(ow, 0);
        fourColumns(window, rows, window.kernelWidth(), at, w, acc, whole);
      }
      int end = four ? ow + 4 : ow + 1;
      int from = four ? whole : 0;
      for (; ow < end; ow++, acc += pixelBytes) {
        if (from < channels) {
          column(window, rows, x, w, ow, acc, from);
        }
      }
    }
  }

  private static boolean interior(Window window, int owFirst, int owLast) {
    return window.inColumn(owFirst, 0) >= 0
        && window.inColumn(owLast, window.kernelWidth() - 1) < window.inWidth();
  }

  /** One column from channel {@code from} on, with the taps clipped to the image. */
  private static void column(Window window, int rows, long x, long w, int ow, long acc, int from) {
    int kwFrom = 0;
    int kwTo = window.kernelWidth();
    while (kwFrom < kwTo && window.inColumn(ow, kwFrom) < 0) {
      kwFrom++;
    }
    while (kwTo > kwFrom && window.inColumn(ow, kwTo - 1) >= window.inWidth()) {
      kwTo--;
    }
    int columns = kwTo - kwFrom;
    int channels = window.channels();
    int whole = channels / LANES * LANES;
    long first = x + 4L * channels * Math.max(0, window.inColumn(ow, kwFrom));
    long weight = w + 4L * channels * kwFrom;
    if (from < whole) {
      wholeVectors(window, rows, columns, first, weight, acc, whole);
    }
    if (whole < channels) {
      lastVector(window, rows, columns, first + 4L * whole, weight + 4L * whole, acc + 4L * whole);
    }
  }

  /** Four columns with all their taps, whole vectors of channels. */
  private static void fourColumns(
      Window window, int rows, int columns, long x, long w, long acc, int channels) {
    int pixel = 4 * window.channels();
    long xRow = (long) pixel * window.inWidth() * window.dilationHeight();
    int step = pixel * window.strideWidth();
    int column = pixel * window.dilationWidth();
    boolean dense = columns == 3 && step == pixel && column == pixel;
    for (int c = 0; c < channels; c += LANES) {
      long a = x + 4L * c;
      long b = w + 4L * c;
      long to = acc + 4L * c;
      if (dense) {
        denseThree(rows, a, b, pixel, xRow, to);
      } else {
        spreadColumns(rows, columns, a, b, pixel, xRow, step, column, to);
      }
    }
  }

  /**
   * A vector of channels of four columns, three taps wide, that lie side by side as the taps do.
   */
  private static void denseThree(int rows, long x, long w, int pixel, long xRow, long acc) {
    FloatVector c0 = V.cast(FloatVector.zero(S));
    FloatVector c1 = c0;
    FloatVector c2 = c0;
    FloatVector c3 = c0;
    int one = pixel & MOST;
    int two = 2 * one;
    int three = 3 * one;
    int four = 4 * one;
    int five = 5 * one;
    long a = x;
    long b = w;
    for (int kh = 0; kh < rows; kh++) {
      a &= ADDRESS;
      b &= ADDRESS;
      FloatVector y0 = V.cast(FloatVector.fromMemorySegment(S, ALL, b, LE));
      FloatVector y1 = V.cast(FloatVector.fromMemorySegment(S, ALL, b + one, LE));
      FloatVector y2 = V.cast(FloatVector.fromMemorySegment(S, ALL, b + two, LE));
      FloatVector p = V.cast(FloatVector.fromMemorySegment(S, ALL, a, LE));
      c0 = p.lanewise(FMA, y0, V.cast(c0));
      p = V.cast(FloatVector.fromMemorySegment(S, ALL, a + one, LE));
      c0 = p.lanewise(FMA, y1, V.cast(c0));
      c1 = p.lanewise(FMA, y0, V.cast(c1));
      p = V.cast(FloatVector.fromMemorySegment(S, ALL, a + two, LE));
      c0 = p.lanewise(FMA, y2, V.cast(c0));
      c1 = p.lanewise(FMA, y1, V.cast(c1));
      c2 = p.lanewise(FMA, y0, V.cast(c2));
      p = V.cast(FloatVector.fromMemorySegment(S, ALL, a + three, LE));
      c1 = p.lanewise(FMA, y2, V.cast(c1));
      c2 = p.lanewise(FMA, y1, V.cast(c2));
      c3 = p.lanewise(FMA, y0, V.cast(c3));
      p = V.cast(FloatVector.fromMemorySegment(S, ALL, a + four, LE));
      c2 = p.lanewise(FMA, y2, V.cast(c2));
      c3 = p.lanewise(FMA, y1, V.cast(c3));
      p = V.cast(FloatVector.fromMemorySegment(S, ALL, a + five, LE));
      c3 = p.lanewise(FMA, y2, V.cast(c3));
      a += xRow;
      b += three;
    }
    long to = acc & ADDRESS;
    V.cast(c0).intoMemorySegment(ALL, to, LE);
    V.cast(c1).intoMemorySegment(ALL, to + one, LE);
    V.cast(c2).intoMemorySegment(ALL, to + two, LE);
    V.cast(c3).intoMemorySegment(ALL, to + three, LE);
  }

  /** The same for any kernel, columns {@code step} and taps {@code column} bytes apart. */
  private static void spreadColumns(
      int rows, int columns, long x, long w, int pixel, long xRow, int step, int column, long acc) {
    FloatVector c0 = V.cast(FloatVector.zero(S));
    FloatVector c1 = c0;
    FloatVector c2 = c0;
    FloatVector c3 = c0;
    int one = pixel & MOST;
    int two = 2 * one;
    int three = 3 * one;
    int right = step & MOST;
    int right2 = 2 * right;
    int right3 = 3 * right;
    long taps = w;
    long row = x;
    for (int kh = 0; kh < rows; kh++) {
      long a = row;
      for (int kw = 0; kw < columns; kw++) {
        a &= ADDRESS;
        long b = taps & ADDRESS;
        FloatVector y = V.cast(FloatVector.fromMemorySegment(S, ALL, b, LE));
        FloatVector p = V.cast(FloatVector.fromMemorySegment(S, ALL, a, LE));
        c0 = p.lanewise(FMA, y, V.cast(c0));
        p = V.cast(FloatVector.fromMemorySegment(S, ALL, a + right, LE));
        c1 = p.lanewise(FMA, y, V.cast(c1));
        p = V.cast(FloatVector.fromMemorySegment(S, ALL, a + right2, LE));
        c2 = p.lanewise(FMA, y, V.cast(c2));
        p = V.cast(FloatVector.fromMemorySegment(S, ALL, a + right3, LE));
        c3 = p.lanewise(FMA, y, V.cast(c3));
        a += column;
        taps += one;
      }
      row += xRow;
    }
    long to = acc & ADDRESS;
    V.cast(c0).intoMemorySegment(ALL, to, LE);
    V.cast(c1).intoMemorySegment(ALL, to + one, LE);
    V.cast(c2).intoMemorySegment(ALL, to + two, LE);
    V.cast(c3).intoMemorySegment(ALL, to + three, LE);
  }

  /** One column, whole vectors of channels. */
  private static void wholeVectors(
      Window window, int rows, int columns, long x, long w, long acc, int channels) {
    long pixelBytes = 4L * window.channels();
    long xRow = pixelBytes * window.inWidth() * window.dilationHeight();
    long xColumn = pixelBytes * window.dilationWidth();
    long wRow = pixelBytes * window.kernelWidth();
    for (int c = 0; c < channels; c += LANES) {
      FloatVector c0 = FloatVector.zero(S);
      for (int kh = 0; kh < rows; kh++) {
        long a = (x + xRow * kh + 4L * c) & ADDRESS;
        long b = (w + wRow * kh + 4L * c) & ADDRESS;
        for (int kw = 0; kw < columns; kw++) {
          FloatVector y = V.cast(FloatVector.fromMemorySegment(S, ALL, b, LE));
          FloatVector p = V.cast(FloatVector.fromMemorySegment(S, ALL, a, LE));
          c0 = p.lanewise(FMA, y, V.cast(c0));
          a = (a + xColumn) & ADDRESS;
          b = (b + pixelBytes) & ADDRESS;
        }
      }
      long to = (acc + 4L * c) & ADDRESS;
      V.cast(c0).intoMemorySegment(ALL, to, LE);
    }
  }

  /** One column, the channels left over by whole vectors. */
  private static void lastVector(Window window, int rows, int columns, long x, long w, long acc) {
    long pixelBytes = 4L * window.channels();
    long xRow = pixelBytes * window.inWidth() * window.dilationHeight();
    long xColumn = pixelBytes * window.dilationWidth();
    long wRow = pixelBytes * window.kernelWidth();
    VectorMask<Float> mask = S.indexInRange(0, window.channels() % LANES);
    FloatVector c0 = FloatVector.zero(S);
    for (int kh = 0; kh < rows; kh++) {
      long a = (x + xRow * kh) & ADDRESS;
      long b = (w + wRow * kh) & ADDRESS;
      for (int kw = 0; kw < columns; kw++) {
        FloatVector y = V.cast(FloatVector.fromMemorySegment(S, ALL, b, LE, mask));
        FloatVector p = V.cast(FloatVector.fromMemorySegment(S, ALL, a, LE, mask));
        c0 = p.lanewise(FMA, y, V.cast(c0));
        a = (a + xColumn) & ADDRESS;
        b = (b + pixelBytes) & ADDRESS;
      }
    }
    long to = acc & ADDRESS;
    V.cast(c0).intoMemorySegment(ALL, to, LE, mask);
  }

  /** The epilogue of an output row. */
  private static void finishRow(
      Window window, FloatEpilogue epilogue, long sums, long bias, long addend, long dst) {
    int channels = window.channels();
    VectorMask<Float> mask = S.indexInRange(0, channels % LANES);
    FloatVector min = V.cast(FloatVector.broadcast(S, epilogue.min()));
    FloatVector max = V.cast(FloatVector.broadcast(S, epilogue.max()));
    FloatVector none = V.cast(FloatVector.broadcast(S, -0f)); // x + -0 is x, even for x = -0
    for (int ow = 0; ow < window.outWidth(); ow++) {
      long acc = sums + 4L * channels * ow;
      long plus = addend + 4 * epilogue.addendStride() * ow;
      long out = dst + 4L * channels * ow;
      int c = 0;
      for (; c <= channels - LANES; c += LANES) {
        FloatVector y = V.cast(FloatVector.fromMemorySegment(S, ALL, (acc + 4L * c) & ADDRESS, LE));
        y =
            V.cast(
                y.lanewise(
                    ADD,
                    bias == 0
                        ? none
                        : V.cast(
                            FloatVector.fromMemorySegment(S, ALL, (bias + 4L * c) & ADDRESS, LE))));
        if (addend != 0) {
          y =
              V.cast(
                  y.lanewise(
                      ADD,
                      V.cast(
                          FloatVector.fromMemorySegment(S, ALL, (plus + 4L * c) & ADDRESS, LE))));
        }
        y = V.cast(y.blend(min, y.compare(VectorOperators.LE, min)));
        y = V.cast(y.blend(max, y.compare(VectorOperators.GE, max)));
        y.intoMemorySegment(ALL, (out + 4L * c) & ADDRESS, LE);
      }
      if (c < channels) {
        FloatVector y =
            V.cast(FloatVector.fromMemorySegment(S, ALL, (acc + 4L * c) & ADDRESS, LE, mask));
        y =
            V.cast(
                y.lanewise(
                    ADD,
                    bias == 0
                        ? none
                        : V.cast(
                            FloatVector.fromMemorySegment(
                                S, ALL, (bias + 4L * c) & ADDRESS, LE, mask))));
        if (addend != 0) {
          y =
              V.cast(
                  y.lanewise(
                      ADD,
                      V.cast(
                          FloatVector.fromMemorySegment(
                              S, ALL, (plus + 4L * c) & ADDRESS, LE, mask))));
        }
        y = V.cast(y.blend(min, y.compare(VectorOperators.LE, min)));
        y = V.cast(y.blend(max, y.compare(VectorOperators.GE, max)));
        y.intoMemorySegment(ALL, (out + 4L * c) & ADDRESS, LE, mask);
      }
    }
  }
}
