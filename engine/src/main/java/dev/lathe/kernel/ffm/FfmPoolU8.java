package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmOperands;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PoolU8;
import dev.lathe.kernel.Window;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@link PoolU8} in C; the ranges are checked here. */
final class FfmPoolU8 implements PoolU8 {

  private static final MethodHandle RUN = Symbols.handle(Symbols.POOL_U8);

  private final KernelName name;
  private final MemorySegment function;

  FfmPoolU8(Symbols symbols, Isa isa) {
    this.name = KernelName.of("u8", "pool", isa);
    this.function = symbols.kernel(name.toString());
  }

  @Override
  public KernelName name() {
    return name;
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
    Objects.checkFromToIndex(rowFrom, rowTo, window.outHeight());
    GemmOperands.check(src, srcAt, window.inElements());
    GemmOperands.check(dst, dstAt, window.outElements());
    if (ratios != null) {
      GemmOperands.check(ratios, 0, 4L * window.outHeight() * window.outWidth());
    }
    try {
      RUN.invokeExact(
          function,
          window.channels(),
          window.inHeight(),
          window.inWidth(),
          window.outWidth(),
          window.kernelHeight(),
          window.kernelWidth(),
          window.strideHeight(),
          window.strideWidth(),
          window.dilationHeight(),
          window.dilationWidth(),
          window.padTop(),
          window.padLeft(),
          ratios == null ? 0L : ratios.address(),
          zeroPoint,
          outZeroPoint,
          src.address() + srcAt,
          dst.address() + dstAt,
          rowFrom,
          rowTo);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable checked) {
      throw new AssertionError("native code throws no exceptions", checked);
    }
  }
}
