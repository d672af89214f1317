package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I8;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.QuantizeU8;
import dev.lathe.quant.Arithmetic;
import java.lang.foreign.MemorySegment;

/** {@link QuantizeU8}, one element after the other. */
final class ReferenceQuantizeU8 implements QuantizeU8 {

  @Override
  public KernelName name() {
    return KernelName.of("u8", "quantize", Isa.SCALAR);
  }

  @Override
  public void quantize(
      float scale,
      int zeroPoint,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      long count) {
    for (long i = 0; i < count; i++) {
      float x = src.get(F32, srcAt + 4 * i);
      dst.set(I8, dstAt + i, (byte) Arithmetic.quantize(x, scale, zeroPoint, 0, 255));
    }
  }

  @Override
  public void dequantize(
      float scale,
      int zeroPoint,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      long count) {
    for (long i = 0; i < count; i++) {
      int q = Byte.toUnsignedInt(src.get(I8, srcAt + i));
      dst.set(F32, dstAt + 4 * i, Arithmetic.dequantize(q, scale, zeroPoint));
    }
  }
}
