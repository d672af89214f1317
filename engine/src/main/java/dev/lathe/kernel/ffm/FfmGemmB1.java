package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmB1;
import dev.lathe.kernel.GemmOperands;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.SignsF32;
import dev.lathe.kernel.pack.SignPanels;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link GemmB1} in C, one function of the same type per tier: one call is the whole product, which
 * the C file of the kernel's name describes. Every range the call may touch is checked here.
 */
final class FfmGemmB1 implements GemmB1 {

  private static final MethodHandle RUN = Symbols.handle(Symbols.GEMM_B1);

  /** Columns of a panel where a byte holds 8 signs. */
  private static final int BYTE_PANEL = 32;

  /** Bytes of scratch for each word of a row: the offset of a table per four signs. */
  private static final int OFFSET_BYTES = 2 * SignsF32.WORD / 4;

  private final KernelName name;
  private final int mr;
  private final int nr;
  private final SignPanels layout;
  private final MemorySegment function;

  /**
   * The kernel of a tier.
   *
   * @param mr rows of its tile
   * @param nr columns of its tile
   */
  FfmGemmB1(Symbols symbols, Isa isa, int mr, int nr) {
    this.name = KernelName.of("b1", "brgemm", mr, nr, isa);
    this.mr = mr;
    this.nr = nr;
    this.layout =
        isa == Isa.AVX512POPCNT
            ? new SignPanels(nr, SignsF32.WORD)
            : new SignPanels(BYTE_PANEL, Byte.SIZE);
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
  public PackedLayout rhsLayout() {
    return layout;
  }

  @Override
  public void run(
      GemmShape shape,
      FloatEpilogue epilogue,
      MemorySegment scales,
      MemorySegment lhs,
      long lhsAt,
      long nonzeroStep,
      MemorySegment rhs,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    Objects.checkFromToIndex(mFrom, mTo, shape.m());
    Objects.checkFromToIndex(nFrom, nTo, shape.n());
    if (nFrom % nr != 0) {
      throw new IllegalArgumentException("columns begin at " + nFrom + ", within a tile");
    }
    int words = Math.multiplyExact(shape.taps(), SignsF32.words(shape.k()));
    long lhsBytes = 4 * GemmOperands.span(mTo, shape.lhsStride(), words);
    GemmOperands.check(lhs, lhsAt, lhsBytes);
    GemmOperands.check(lhs, lhsAt + nonzeroStep, lhsBytes);
    GemmOperands.check(rhs, 0, layout.bytes(shape.taps(), shape.k(), shape.n()));
    GemmOperands.check(scales, 0, 4L * Math.ceilDiv(nTo, SCALES) * SCALES);
    GemmOperands.checkResults(shape, epilogue, addend, addendAt, dst, dstAt, mTo, nTo);
    try {
      RUN.invokeExact(
          function,
          (long) words,
          shape.depth(),
          mFrom,
          mTo,
          nFrom,
          nTo,
          scales.address(),
          lhs.address() + lhsAt,
          shape.lhsStride(),
          nonzeroStep,
          rhs.address(),
          dst.address() + dstAt,
          shape.dstStride(),
          Symbols.address(epilogue.bias()),
          addend == null ? 0L : addend.address() + addendAt,
          epilogue.addendStride(),
          epilogue.min(),
          epilogue.max(),
          Scratch.address((long) OFFSET_BYTES * mr * words));
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable checked) {
      throw new AssertionError("native code throws no exceptions", checked);
    }
  }
}
