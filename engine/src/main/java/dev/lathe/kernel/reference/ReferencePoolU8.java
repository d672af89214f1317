package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I8;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PoolU8;
import dev.lathe.kernel.Window;
import dev.lathe.quant.Arithmetic;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** {@link PoolU8}, one output after the other. */
final class ReferencePoolU8 implements PoolU8 {

  @Override
  public KernelName name() {
    return KernelName.of("u8", "pool", Isa.SCALAR);
  }

  @Override
  public void run(
      Window window,
      @Nullable MemorySegment ratios,
      int zeroPoint,
      int outZeroPoint,
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
          int max = 0;
          int sum = 0;
          for (int kh = window.kernelRowFrom(oh); kh < window.kernelRowTo(oh); kh++) {
            for (int kw = window.kernelColumnFrom(ow); kw < window.kernelColumnTo(ow); kw++) {
              long at = srcAt + window.inElement(window.inRow(oh, kh), window.inColumn(ow, kw), c);
              int tap = Byte.toUnsignedInt(src.get(I8, at));
              max = Math.max(max, tap);
              sum += tap - zeroPoint;
            }
          }
          int q =
              ratios == null
                  ? max
                  : Arithmetic.requantize(sum, ratios.get(F32, 4 * pixel), outZeroPoint, 0, 255);
          dst.set(I8, dstAt + pixel * window.channels() + c, (byte) q);
        }
      }
    }
  }
}
