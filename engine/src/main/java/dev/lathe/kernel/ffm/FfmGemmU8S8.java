package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.IntegerEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.pack.QuadsS8;
import dev.lathe.quant.QuantizedSum;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link GemmU8S8} on vpdpbusd: one call of {@code u8s8_brgemm_12x32c4__avx512vnni}, which the C
 * file describes. Every range the call may touch is checked here, except rows found through the
 * table, which C checks before it writes.
 */
final class FfmGemmU8S8 implements GemmU8S8 {

  private static final int MR = 12;
  private static final int NR = 32;
  private static final QuadsS8 LAYOUT = new QuadsS8();
  private static final MethodHandle RUN =
      Objects.requireNonNull(NativeLibrary.here().symbols(), "native library").gemmU8S8Avx512Vnni();

  private static final Requantize.Addend NO_ADDEND =
      new Requantize.Addend(0, new QuantizedSum(0, 0, 0), false);

  @Override
  public KernelName name() {
    return new KernelName("u8s8", "brgemm", MR + "x" + NR + "c" + QuadsS8.KR, Isa.AVX512VNNI);
  }

  @Override
  public int mr() {
    return MR;
  }

  @Override
  public int nr() {
    return NR;
  }

  @Override
  public PackedLayout rhsLayout() {
    return LAYOUT;
  }

  @Override
  public long scratchBytes(GemmShape shape) {
    return 0;
  }

  @Override
  public void run(
      GemmShape shape,
      IntegerEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      long rhsAt,
      @Nullable MemorySegment rhsZeroPoints,
      @Nullable MemorySegment zeroRow,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment scratch,
      long scratchAt,
      MemorySegment dst,
      long dstAt,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    Objects.checkFromToIndex(mFrom, mTo, shape.m());
    Objects.checkFromToIndex(nFrom, nTo, shape.n());
    if (nFrom % QuadsS8.NR != 0) {
      throw new IllegalArgumentException("columns begin at " + nFrom + ", within a packed group");
    }
    if (mFrom == mTo || nFrom == nTo) {
      return;
    }
    long columnBytes = 4L * Math.ceilDiv(nTo, QuadsS8.NR) * QuadsS8.NR;
    MemorySegment table = shape.rowOffsets();
    long lhsBytes =
        table == null ? (mTo - 1) * shape.lhsStride() + shape.depth() : lhs.byteSize() - lhsAt;
    Requantize levels = epilogue instanceof Requantize requantize ? requantize : null;
    Requantize.Addend plus = levels == null ? null : levels.addend();
    MemorySegment residual = plus == null ? null : Objects.requireNonNull(addend, "addend");
    Requantize.Addend sum = plus == null ? NO_ADDEND : plus;
    long dstBytes = epilogue.dstBytes() * ((mTo - 1) * shape.dstStride() + nTo);
    int status =
        call(
            shape.m(),
            shape.k(),
            shape.taps(),
            mFrom,
            mTo,
            nFrom,
            nTo,
            address(lhs, lhsAt, lhsBytes),
            lhsBytes,
            shape.lhsStride(),
            address(table, 0, 4L * shape.taps() * shape.m()),
            address(zeroRow, 0, shape.k()),
            address(rhs, rhsAt, LAYOUT.bytes(shape.taps(), shape.k(), shape.n())),
            address(rhsZeroPoints, 0, columnBytes),
            address(dst, dstAt, dstBytes),
            shape.dstStride(),
            address(epilogue.bias(), 0, columnBytes),
            levels == null ? 0 : address(levels.scale(), 0, columnBytes),
            levels == null ? 0 : levels.zeroPoint(),
            levels == null ? 0 : levels.min(),
            levels == null ? 0 : levels.max(),
            address(residual, addendAt, (mTo - 1) * sum.stride() + nTo),
            sum);
    if (status != 0) {
      throw new IndexOutOfBoundsException(
          "a row of the table leaves the " + lhsBytes + " bytes of lhs, or there is no zero row");
    }
  }

  /**
   * Where byte {@code at} of native memory lies, after checking that {@code bytes} bytes from there
   * are in it; 0 for no segment.
   */
  private static long address(@Nullable MemorySegment segment, long at, long bytes) {
    if (segment == null) {
      return 0;
    }
    Objects.checkFromIndexSize(at, bytes, segment.byteSize());
    if (!segment.isNative()) {
      throw new IllegalArgumentException("kernel operand on the Java heap: " + segment);
    }
    return segment.address() + at;
  }

  private static int call(
      int m,
      int k,
      int taps,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo,
      long lhs,
      long lhsBytes,
      long lhsStride,
      long rowOffsets,
      long zeroRow,
      long rhs,
      long rhsZeroPoints,
      long dst,
      long dstStride,
      long bias,
      long scale,
      int zeroPoint,
      int min,
      int max,
      long addend,
      Requantize.Addend sum) {
    try {
      return (int)
          RUN.invokeExact(
              m,
              k,
              taps,
              mFrom,
              mTo,
              nFrom,
              nTo,
              lhs,
              lhsBytes,
              lhsStride,
              rowOffsets,
              zeroRow,
              rhs,
              rhsZeroPoints,
              dst,
              dstStride,
              bias,
              scale,
              zeroPoint,
              min,
              max,
              addend,
              sum.stride(),
              sum.sum().lhsRatio(),
              sum.sum().rhsRatio(),
              sum.sum().offset(),
              sum.first() ? 1 : 0);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable checked) {
      throw new AssertionError("native code throws no exceptions", checked);
    }
  }
}
