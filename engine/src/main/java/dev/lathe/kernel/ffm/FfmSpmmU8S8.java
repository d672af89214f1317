package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmOperands;
import dev.lathe.kernel.IntegerEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.SlabAxis;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SpmmU8S8;
import dev.lathe.kernel.pack.SparseLists;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link SpmmU8S8} in C, which the C file of the kernel's name describes: one call is the whole of
 * {@link #run}. Every range the call may touch is checked here; packed weights are trusted.
 */
abstract class FfmSpmmU8S8 implements SpmmU8S8 {

  private static final MethodHandle RUN = Symbols.handle(Symbols.SPMM_U8S8);

  private final KernelName name;
  private final int mr;
  private final int nr;
  private final MemorySegment function;

  FfmSpmmU8S8(Symbols symbols, Isa isa, int mr, int nr, int kr) {
    this.mr = mr;
    this.nr = nr;
    this.name = new KernelName("u8s8", "spmm", mr + "x" + nr + "c" + kr, isa);
    this.function = symbols.kernel(name.toString());
  }

  /** Where the lists of packed weights lie. */
  abstract SparseLists lists(SlabShape shape);

  @Override
  public final KernelName name() {
    return name;
  }

  @Override
  public final int mr() {
    return mr;
  }

  @Override
  public final int nr() {
    return nr;
  }

  /** Bytes in whole cache lines, as C takes parts of scratch. */
  static long lines(long bytes) {
    return Math.ceilDiv(bytes, 64L) * 64;
  }

  @Override
  public final void run(
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
    GemmOperands.check(rhs, 0, lists(shape).entriesAt());
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
        plus == null ? Requantize.Addend.NONE : plus,
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
          lists(shape).chunks(),
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
