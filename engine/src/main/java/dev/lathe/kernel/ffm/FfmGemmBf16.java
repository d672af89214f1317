package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmBf16;
import dev.lathe.kernel.GemmOperands;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.pack.PairsBf16;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * {@link GemmBf16} in C on AMX: one call is the whole product. Every range it may touch is checked
 * here, except rows found through the table, which C checks before it writes.
 */
final class FfmGemmBf16 implements GemmBf16 {

  private static final PairsBf16 LAYOUT = new PairsBf16();
  private static final MethodHandle RUN = Symbols.handle(Symbols.GEMM_BF16);
  private static final int MR = 32;

  /** Rows that are rounded at once where they fit: their operand is then read once for all. */
  private static final int BLOCK = 128;

  /** Bytes of a block that stay in L2 beside the other operand's. */
  private static final long BLOCK_BYTES = 1 << 19;

  private final KernelName name = new KernelName("bf16", "brgemm", "32x32c2", Isa.AMXBF16);
  private final MemorySegment function;

  FfmGemmBf16(Symbols symbols) {
    this.function = symbols.kernel(name.toString());
  }

  @Override
  public KernelName name() {
    return name;
  }

  @Override
  public int mr() {
    return MR;
  }

  @Override
  public int nr() {
    return 2 * PairsBf16.NR;
  }

  @Override
  public PackedLayout rhsLayout() {
    return LAYOUT;
  }

  @Override
  public void run(
      GemmShape shape,
      FloatEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      long rhsAt,
      @Nullable MemorySegment zeroRow,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    long rhsBytes = LAYOUT.bytes(shape.taps(), shape.k(), shape.n());
    GemmOperands.check(
        shape, epilogue, lhs, lhsAt, rhs, rhsAt, rhsBytes, zeroRow, addend, addendAt, dst, dstAt,
        mFrom, mTo, nFrom, nTo);
    if (nFrom % PairsBf16.NR != 0) {
      throw new IllegalArgumentException("columns begin at " + nFrom + ", within a packed group");
    }
    if (mFrom == mTo || nFrom == nTo) {
      return;
    }
    MemorySegment table = shape.rowOffsets();
    long lhsBytes =
        table == null
            ? 4 * ((mTo - 1) * shape.lhsStride() + shape.depth())
            : lhs.byteSize() - lhsAt;
    long scratchBytes = scratchBytes(shape, mTo - mFrom);
    long scratch = Scratch.address(scratchBytes);
    int status;
    try {
      status =
          (int)
              RUN.invokeExact(
                  function,
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
                  dst.address() + dstAt,
                  shape.dstStride(),
                  Symbols.address(epilogue.bias()),
                  addend == null ? 0L : addend.address() + addendAt,
                  epilogue.addendStride(),
                  epilogue.min(),
                  epilogue.max(),
                  scratch,
                  scratchBytes);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable checked) {
      throw new AssertionError("native code throws no exceptions", checked);
    }
    if (status != 0) {
      throw new IndexOutOfBoundsException(
          "a row of the table leaves the " + lhsBytes + " bytes of lhs, or there is no zero row");
    }
  }

  /** Of a block of rounded rows. */
  private static long scratchBytes(GemmShape shape, int rows) {
    long rowBytes = (long) shape.taps() * (Math.ceilDiv(shape.k(), PairsBf16.STEP) | 1) * 64L;
    long block = Math.clamp(BLOCK_BYTES / rowBytes / MR * MR, MR, BLOCK);
    return Math.min(rows, block) * rowBytes;
  }
}
