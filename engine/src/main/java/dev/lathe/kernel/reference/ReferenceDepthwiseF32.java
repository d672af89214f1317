package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.DepthwiseF32;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.Window;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** {@link DepthwiseF32}, one output after the other. */
final class ReferenceDepthwiseF32 implements DepthwiseF32 {

  @Override
  public KernelName name() {
    return KernelName.of("f32", "dwconv", Isa.SCALAR);
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
    for (int oh = rowFrom; oh < rowTo; oh++) {
      for (int ow = 0; ow < window.outWidth(); ow++) {
        long pixel = (long) oh * window.outWidth() + ow;
        for (int c = 0; c < window.channels(); c++) {
          float acc = chain(window, weights, src, srcAt, oh, ow, c);
          if (epilogue.bias() != null) {
            acc += epilogue.bias().get(F32, 4L * c);
          }
          if (addend != null) {
            acc += addend.get(F32, addendAt + 4 * (pixel * epilogue.addendStride() + c));
          }
          dst.set(F32, dstAt + 4 * (pixel * window.channels() + c), epilogue.clamp(acc));
        }
      }
    }
  }

  private static float chain(
      Window window, MemorySegment weights, MemorySegment src, long srcAt, int oh, int ow, int c) {
    float acc = 0;
    for (int kh = 0; kh < window.kernelHeight(); kh++) {
      int row = window.inRow(oh, kh);
      for (int kw = 0; kw < window.kernelWidth(); kw++) {
        int column = window.inColumn(ow, kw);
        if (window.rowInside(row) && window.columnInside(column)) {
          long pixel = (long) row * window.inWidth() + column;
          int tap = kh * window.kernelWidth() + kw;
          float x = src.get(F32, srcAt + 4 * (pixel * window.channels() + c));
          float w = weights.get(F32, 4L * ((long) tap * window.channels() + c));
          acc = Math.fma(x, w, acc);
        }
      }
    }
    return acc;
  }
}
