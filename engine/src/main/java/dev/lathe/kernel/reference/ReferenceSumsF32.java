package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.SumsF32;
import java.lang.foreign.MemorySegment;

/** {@link SumsF32}, one element after the other. */
final class ReferenceSumsF32 implements SumsF32 {

  @Override
  public KernelName name() {
    return KernelName.of("s32f32", "dequantize", Isa.SCALAR);
  }

  @Override
  public void run(
      Columns columns,
      int zeroPoint,
      float scale,
      MemorySegment sums,
      long sumsAt,
      MemorySegment dst,
      long dstAt,
      long stride,
      int rows,
      int nFrom,
      int nTo) {
    for (int i = 0; i < rows; i++) {
      for (int j = nFrom; j < nTo; j++) {
        long at = 4 * (i * stride + j);
        int sum = sums.get(I32, sumsAt + at) - zeroPoint * columns.columnSums().get(I32, 4L * j);
        float value = sum * (scale * columns.scales().get(F32, 4L * j));
        if (columns.bias() != null) {
          value += columns.bias().get(F32, 4L * j);
        }
        dst.set(F32, dstAt + at, value);
      }
    }
  }
}
