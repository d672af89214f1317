package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmOperands;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.IntegerEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.pack.QuadRunsS8;
import dev.lathe.kernel.pack.QuadsS8;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * {@link GemmU8S8} in C, one function of the same type per tier: one call is the whole product,
 * which the C file of the kernel's name describes. Every range the call may touch is checked here,
 * except rows found through the table, which C checks before it writes.
 */
final class FfmGemmU8S8 implements GemmU8S8 {

  private static final MethodHandle RUN = Symbols.handle(Symbols.GEMM_U8S8);

  /** Quads of a step and rows of a block of the AMX kernel. */
  private static final int AMX_STEP = 16;

  private static final int AMX_BLOCK = 128;

  private final KernelName name;
  private final int mr;
  private final int nr;
  private final PackedLayout layout;
  private final ToLongFunction<GemmShape> scratchBytes;
  private final MemorySegment function;

  /**
   * The kernel of a tier.
   *
   * @param mr rows of its tile
   * @param nr columns of its tile
   */
  FfmGemmU8S8(Symbols symbols, Isa isa, int mr, int nr) {
    this(symbols, isa, mr, nr, new QuadsS8(), shape -> 0);
  }

  private FfmGemmU8S8(
      Symbols symbols,
      Isa isa,
      int mr,
      int nr,
      PackedLayout layout,
      ToLongFunction<GemmShape> scratchBytes) {
    this.name = new KernelName("u8s8", "brgemm", mr + "x" + nr + "c" + QuadsS8.KR, isa);
    this.mr = mr;
    this.nr = nr;
    this.layout = layout;
    this.scratchBytes = scratchBytes;
    this.function = symbols.kernel(name.toString());
  }

  /** The kernel of {@link Isa#AMX}, whose tiles read rows that are evenly spaced. */
  static FfmGemmU8S8 amx(Symbols symbols) {
    return new FfmGemmU8S8(symbols, Isa.AMX, 32, 32, new QuadsS8(), FfmGemmU8S8::amxScratchBytes);
  }

  /** The kernel of {@link Isa#AVX2}, which makes use of small weights. */
  static FfmGemmU8S8 avx2(Symbols symbols) {
    return new FfmGemmU8S8(symbols, Isa.AVX2, 4, 16, new QuadRunsS8(), shape -> 0);
  }

  /** A copy of a block of rows, in whole steps of 64 bytes; none where tiles read lhs itself. */
  private static long amxScratchBytes(GemmShape shape) {
    int quads = Math.ceilDiv(shape.k(), QuadsS8.KR);
    boolean whole = shape.k() % QuadsS8.KR == 0 && (quads < AMX_STEP || quads % AMX_STEP == 0);
    if (whole && shape.rowOffsets() == null) {
      return 0;
    }
    long steps = Math.ceilDiv(quads, AMX_STEP) | 1;
    return steps * AMX_STEP * QuadsS8.KR * Math.min(shape.m(), AMX_BLOCK) * shape.taps();
  }

  @Override
  public KernelName name() {
    return name;
  }

  @Override
  public int mr() {
    return mr;
  }

  /** The tile's columns, or a packed group's where the tile takes fewer. */
  @Override
  public int nr() {
    return Math.max(nr, QuadsS8.NR);
  }

  @Override
  public boolean accepts(GemmShape shape) {
    return !(layout instanceof QuadRunsS8) || QuadRunsS8.has(shape.k());
  }

  @Override
  public PackedLayout rhsLayout() {
    return layout;
  }

  @Override
  public long scratchBytes(GemmShape shape) {
    return scratchBytes.applyAsLong(shape);
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
    long rhsBytes = layout.bytes(shape.taps(), shape.k(), shape.n());
    GemmOperands.check(
        shape,
        epilogue,
        lhs,
        lhsAt,
        rhs,
        rhsAt,
        rhsBytes,
        rhsZeroPoints,
        zeroRow,
        addend,
        addendAt,
        dst,
        dstAt,
        mFrom,
        mTo,
        nFrom,
        nTo);
    GemmOperands.check(scratch, scratchAt, scratchBytes(shape));
    if (nFrom % QuadsS8.NR != 0) {
      throw new IllegalArgumentException("columns begin at " + nFrom + ", within a packed group");
    }
    if (mFrom == mTo || nFrom == nTo) {
      return;
    }
    Requantize levels = epilogue instanceof Requantize requantize ? requantize : null;
    Requantize.Addend plus = levels == null ? null : levels.addend();
    MemorySegment table = shape.rowOffsets();
    long lhsBytes =
        table == null ? (mTo - 1) * shape.lhsStride() + shape.depth() : lhs.byteSize() - lhsAt;
    int status =
        call(
            shape.m(),
            shape.k(),
            shape.taps(),
            mFrom,
            mTo,
            nFrom,
            nTo,
            lhs.address() + lhsAt,
            lhsBytes,
            shape.lhsStride(),
            Symbols.address(table),
            Symbols.address(zeroRow),
            rhs.address() + rhsAt,
            Symbols.address(rhsZeroPoints),
            dst.address() + dstAt,
            shape.dstStride(),
            epilogue.bias().address(),
            levels == null ? 0 : levels.scale().address(),
            levels == null ? 0 : levels.zeroPoint(),
            levels == null ? 0 : levels.min(),
            levels == null ? 0 : levels.max(),
            plus == null || addend == null ? 0 : addend.address() + addendAt,
            plus == null ? Requantize.Addend.NONE : plus,
            scratch.address() + scratchAt);
    if (status != 0) {
      throw new IndexOutOfBoundsException(
          "a row of the table leaves the " + lhsBytes + " bytes of lhs, or there is no zero row");
    }
  }

  private int call(
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
      Requantize.Addend sum,
      long scratch) {
    try {
      return (int)
          RUN.invokeExact(
              function,
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
              sum.first() ? 1 : 0,
              scratch);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable checked) {
      throw new AssertionError("native code throws no exceptions", checked);
    }
  }
}
