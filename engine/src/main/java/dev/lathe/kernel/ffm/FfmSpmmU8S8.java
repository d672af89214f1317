package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmOperands;
import dev.lathe.kernel.IntegerEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.SlabAxis;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SpmmU8S8;
import dev.lathe.kernel.pack.SparseQuadsS8;
import dev.lathe.quant.QuantizedSum;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link SpmmU8S8} in C, which {@code u8s8_spmm.h} describes: one call is the whole of {@link
 * #run}. Every range the call may touch is checked here; packed weights are trusted.
 */
final class FfmSpmmU8S8 implements SpmmU8S8 {

  private static final MethodHandle RUN = Symbols.handle(Symbols.SPMM_U8S8);
  private static final Requantize.Addend NO_ADDEND =
      new Requantize.Addend(0, new QuantizedSum(0, 0, 0), false);

  /** Bytes of sums of a block of output channels, {@code BLOCK} in C. */
  private static final int BLOCK_BYTES = 24 << 10;

  private static final long LINE = 64;

  private final KernelName name;
  private final int mr;
  private final int nr;
  private final int lanes;
  private final boolean pairs;
  private final MemorySegment function;

  /**
   * The kernel of a tier.
   *
   * @param nr output channels of a list
   * @param lanes int32 of a vector
   * @param pairs whether bytes are widened to pairs of 16 bits
   */
  FfmSpmmU8S8(Symbols symbols, Isa isa, int nr, int lanes, boolean pairs) {
    this.mr = 12 * lanes;
    this.nr = nr;
    this.lanes = lanes;
    this.pairs = pairs;
    this.name = new KernelName("u8s8", "spmm", mr + "x" + nr + "c" + SparseQuadsS8.KR, isa);
    this.function = symbols.kernel(name.toString());
  }

  @Override
  public KernelName name() {
    return name;
  }

  @Override
  public int mr() {
    return mr;
  }

  @Override
  public int nr() {
    return nr;
  }

  @Override
  public int planes(int k) {
    return SparseQuadsS8.planes(k, pairs);
  }

  @Override
  public SparseQuadsS8 rhsLayout(SlabShape shape) {
    return new SparseQuadsS8(nr, pairs, shape);
  }

  @Override
  public long scratchBytes(SlabShape shape) {
    long zeroRow = aligned(shape.k());
    long pixels = aligned(8L * (shape.lanePitch() + lanes));
    long turned = aligned(4L * (mr + lanes) * lanes);
    long sums = BLOCK_BYTES + 4L * lanes * mr;
    return zeroRow + pixels + turned + sums + aligned(4 * shape.slabElements(mr));
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, LINE) * LINE;
  }

  @Override
  public void run(
      SlabShape shape,
      IntegerEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      int lhsZeroPoint,
      MemorySegment rhs,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment scratch,
      long scratchAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo) {
    Objects.checkFromToIndex(rowFrom, rowTo, shape.height().out());
    int n = shape.n();
    int pixels = rowTo * shape.width().out();
    if (rowFrom == rowTo || pixels == 0 || n == 0) {
      return;
    }
    int inputs = shape.height().in() * shape.width().in();
    long lhsBytes = GemmOperands.span(inputs, shape.lhsStride(), shape.k());
    GemmOperands.check(lhs, lhsAt, lhsBytes);
    GemmOperands.check(rhs, 0, rhsLayout(shape).lists().entriesAt());
    GemmOperands.check(scratch, scratchAt, scratchBytes(shape));
    GemmOperands.check(
        dst, dstAt, epilogue.dstBytes() * GemmOperands.span(pixels, shape.dstStride(), n));
    GemmOperands.checkColumns(epilogue, n);
    GemmOperands.checkAddend(epilogue, addend, addendAt, pixels, n);
    Requantize levels = epilogue instanceof Requantize requantize ? requantize : null;
    Requantize.Addend plus = levels == null ? null : levels.addend();
    call(
        shape,
        rowFrom,
        rowTo,
        lhs.address() + lhsAt,
        lhsBytes,
        lhsZeroPoint,
        rhs.address(),
        dst.address() + dstAt,
        epilogue.bias().address(),
        levels,
        plus == null || addend == null ? 0 : addend.address() + addendAt,
        plus == null ? NO_ADDEND : plus,
        scratch.address() + scratchAt);
  }

  private void call(
      SlabShape shape,
      int rowFrom,
      int rowTo,
      long lhs,
      long lhsBytes,
      int lhsZeroPoint,
      long rhs,
      long dst,
      long bias,
      @Nullable Requantize levels,
      long addend,
      Requantize.Addend sum,
      long scratch) {
    SlabAxis height = shape.height();
    SlabAxis width = shape.width();
    try {
      RUN.invokeExact(
          function,
          shape.k(),
          shape.n(),
          height.in(),
          height.stride(),
          height.dilation(),
          height.pad(),
          height.lanes(),
          height.reach(),
          width.in(),
          width.stride(),
          width.dilation(),
          width.pad(),
          width.lanes(),
          width.reach(),
          width.out(),
          shape.blockRows(),
          (long) shape.planePitch(),
          rowFrom,
          rowTo,
          lhs,
          lhsBytes,
          shape.lhsStride(),
          lhsZeroPoint,
          rhs,
          rhsLayout(shape).lists().chunks(),
          dst,
          shape.dstStride(),
          bias,
          levels == null ? 0 : levels.scale().address(),
          levels == null ? 0 : levels.zeroPoint(),
          levels == null ? 0 : levels.min(),
          levels == null ? 0 : levels.max(),
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
