package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.DepthwiseU8S8;
import dev.lathe.kernel.GemmOperands;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.Window;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * {@link DepthwiseU8S8} in C, which the C file of the kernel's name describes. Every range the call
 * may touch is checked here.
 */
final class FfmDepthwiseU8S8 implements DepthwiseU8S8 {

  private static final MethodHandle RUN = Symbols.handle(Symbols.DEPTHWISE_U8S8);

  private final KernelName name;
  private final Predicate<Window> accepts;
  private final MemorySegment function;

  /**
   * @param accepts the windows C is made for
   */
  private FfmDepthwiseU8S8(
      Symbols symbols, Isa isa, int pixels, int channels, Predicate<Window> accepts) {
    this.name = KernelName.of("u8s8", "dwconv", pixels, channels, isa);
    this.accepts = accepts;
    this.function = symbols.kernel(name.toString());
  }

  /** Of any kernel that there is room for. */
  static FfmDepthwiseU8S8 avx512vnni(Symbols symbols) {
    return new FfmDepthwiseU8S8(
        symbols,
        Isa.AVX512VNNI,
        4,
        64,
        window -> window.kernelHeight() <= 7 && window.kernelWidth() <= 7);
  }

  /** Of any kernel. */
  static FfmDepthwiseU8S8 neondot(Symbols symbols) {
    return new FfmDepthwiseU8S8(symbols, Isa.NEONDOT, 4, 8, window -> true);
  }

  /** Of the usual kernels; others are left to the Vector API. */
  static FfmDepthwiseU8S8 avx2(Symbols symbols) {
    return new FfmDepthwiseU8S8(
        symbols,
        Isa.AVX2,
        4,
        8,
        window ->
            window.kernelHeight() == window.kernelWidth()
                && (window.kernelWidth() == 3 || window.kernelWidth() == 5)
                && window.strideWidth() <= 2
                && window.dilationWidth() == 1);
  }

  @Override
  public KernelName name() {
    return name;
  }

  @Override
  public boolean accepts(Window window) {
    return accepts.test(window);
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
    Objects.checkFromToIndex(rowFrom, rowTo, window.outHeight());
    int channels = window.channels();
    GemmOperands.check(weights, 0, 2L * window.taps() * channels);
    GemmOperands.check(src, srcAt, window.inElements());
    GemmOperands.check(dst, dstAt, window.outElements());
    GemmOperands.check(epilogue.bias(), 0, 4L * channels);
    GemmOperands.check(epilogue.scale(), 0, 4L * channels);
    Requantize.Addend plus = epilogue.addend();
    if (plus != null) {
      long pixels = (long) window.outHeight() * window.outWidth();
      long bytes = pixels == 0 ? 0 : (pixels - 1) * plus.stride() + channels;
      GemmOperands.check(Objects.requireNonNull(addend, "addend"), addendAt, bytes);
    }
    int status =
        call(
            window,
            epilogue,
            weights.address(),
            src.address() + srcAt,
            srcZeroPoint,
            plus == null || addend == null ? 0 : addend.address() + addendAt,
            plus == null ? Requantize.Addend.NONE : plus,
            dst.address() + dstAt,
            rowFrom,
            rowTo);
    if (status != 0) {
      throw new IllegalArgumentException(name + " is not made for " + window);
    }
  }

  private int call(
      Window window,
      Requantize epilogue,
      long weights,
      long src,
      int srcZeroPoint,
      long addend,
      Requantize.Addend sum,
      long dst,
      int rowFrom,
      int rowTo) {
    try {
      return (int)
          RUN.invokeExact(
              function,
              window.channels(),
              window.inHeight(),
              window.inWidth(),
              window.outHeight(),
              window.outWidth(),
              window.kernelHeight(),
              window.kernelWidth(),
              window.strideHeight(),
              window.strideWidth(),
              window.dilationHeight(),
              window.dilationWidth(),
              window.padTop(),
              window.padLeft(),
              weights,
              src,
              srcZeroPoint,
              dst,
              epilogue.bias().address(),
              epilogue.scale().address(),
              epilogue.zeroPoint(),
              epilogue.min(),
              epilogue.max(),
              addend,
              sum.stride(),
              sum.sum().lhsRatio(),
              sum.sum().rhsRatio(),
              sum.sum().offset(),
              sum.first() ? 1 : 0,
              rowFrom,
              rowTo);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable checked) {
      throw new AssertionError("native code throws no exceptions", checked);
    }
  }
}
