package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.I16;
import static dev.lathe.tensor.Tensor.I8;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.DepthwiseU8S8;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.Window;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** {@link DepthwiseU8S8}, one output after the other. */
final class ReferenceDepthwiseU8S8 implements DepthwiseU8S8 {

  @Override
  public KernelName name() {
    return KernelName.of("u8s8", "dwconv", Isa.SCALAR);
  }

  @Override
  public void run(
      Window window,
      Requantize epilogue,
      MemorySegment weights,
      MemorySegment src,
      long srcAt,
      int srcZeroPoint,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo) {
    int channels = window.channels();
    long addendStride = Requantization.addendStride(epilogue);
    for (int oh = rowFrom; oh < rowTo; oh++) {
      for (int ow = 0; ow < window.outWidth(); ow++) {
        long pixel = (long) oh * window.outWidth() + ow;
        for (int c = 0; c < channels; c++) {
          int acc = 0;
          for (int kh = window.kernelRowFrom(oh); kh < window.kernelRowTo(oh); kh++) {
            for (int kw = window.kernelColumnFrom(ow); kw < window.kernelColumnTo(ow); kw++) {
              long at = srcAt + window.inElement(window.inRow(oh, kh), window.inColumn(ow, kw), c);
              int tap = kh * window.kernelWidth() + kw;
              int weight = weights.get(I16, 2L * ((long) tap * channels + c));
              acc += (Byte.toUnsignedInt(src.get(I8, at)) - srcZeroPoint) * weight;
            }
          }
          byte q =
              Requantization.apply(epilogue, acc, c, addend, addendAt + pixel * addendStride + c);
          dst.set(I8, dstAt + pixel * channels + c, q);
        }
      }
    }
  }
}
