package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmOperands;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.QuantizeU8;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** {@link QuantizeU8} in C; the ranges are checked here. */
final class FfmQuantizeU8 implements QuantizeU8 {

  private static final MethodHandle RUN = Symbols.handle(Symbols.CONVERT_U8);

  private final KernelName name;
  private final MemorySegment quantize;
  private final MemorySegment dequantize;

  FfmQuantizeU8(Symbols symbols, Isa isa) {
    this.name = KernelName.of("u8", "quantize", isa);
    this.quantize = symbols.kernel(name.toString());
    this.dequantize = symbols.kernel(KernelName.of("u8", "dequantize", isa).toString());
  }

  @Override
  public KernelName name() {
    return name;
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
    GemmOperands.check(src, srcAt, 4 * count);
    GemmOperands.check(dst, dstAt, count);
    call(quantize, scale, zeroPoint, src.address() + srcAt, dst.address() + dstAt, count);
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
    GemmOperands.check(src, srcAt, count);
    GemmOperands.check(dst, dstAt, 4 * count);
    call(dequantize, scale, zeroPoint, src.address() + srcAt, dst.address() + dstAt, count);
  }

  private static void call(
      MemorySegment function, float scale, int zeroPoint, long src, long dst, long count) {
    try {
      RUN.invokeExact(function, scale, zeroPoint, src, dst, count);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable checked) {
      throw new AssertionError("native code throws no exceptions", checked);
    }
  }
}
