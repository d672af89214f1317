package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PoolF32;
import dev.lathe.kernel.Window;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** {@link PoolF32}, one element at a time. */
final class ReferencePoolF32 implements PoolF32 {

  @Override
  public KernelName name() {
    return KernelName.of("f32", "pool", Isa.SCALAR);
  }

  @Override
  public void run(
      Window window,
      @Nullable MemorySegment divisors,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo) {
    for (int oh = rowFrom; oh < rowTo; oh++) {
      for (int ow = 0; ow < window.outWidth(); ow++) {
        long pixel = (long) oh * window.outWidth() + ow;
        for (int c = 0; c < window.channels(); c++) {
          float y =
              divisors == null
                  ? max(window, src, srcAt, oh, ow, c)
                  : sum(window, src, srcAt, oh, ow, c) / divisors.get(F32, 4 * pixel);
          dst.set(F32, dstAt + 4 * (pixel * window.channels() + c), y);
        }
      }
    }
  }

  private static float max(Window w, MemorySegment src, long srcAt, int oh, int ow, int c) {
    float max = Float.NEGATIVE_INFINITY;
    for (int kh = 0; kh < w.kernelHeight(); kh++) {
      for (int kw = 0; kw < w.kernelWidth(); kw++) {
        if (inside(w, oh, ow, kh, kw)) {
          max = Math.max(max, tap(w, src, srcAt, oh, ow, kh, kw, c));
        }
      }
    }
    return max;
  }

  private static float sum(Window w, MemorySegment src, long srcAt, int oh, int ow, int c) {
    float sum = 0;
    for (int kh = 0; kh < w.kernelHeight(); kh++) {
      for (int kw = 0; kw < w.kernelWidth(); kw++) {
        if (inside(w, oh, ow, kh, kw)) {
          sum += tap(w, src, srcAt, oh, ow, kh, kw, c);
        }
      }
    }
    return sum;
  }

  private static boolean inside(Window w, int oh, int ow, int kh, int kw) {
    return w.rowInside(w.inRow(oh, kh)) && w.columnInside(w.inColumn(ow, kw));
  }

  private static float tap(
      Window w, MemorySegment src, long srcAt, int oh, int ow, int kh, int kw, int c) {
    long pixel = (long) w.inRow(oh, kh) * w.inWidth() + w.inColumn(ow, kw);
    return src.get(F32, srcAt + 4 * (pixel * w.channels() + c));
  }
}
