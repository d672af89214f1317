package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmOperands;
import dev.lathe.kernel.GemmS8Levels;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.LevelBlocks;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.pack.PackedLevels;
import dev.lathe.kernel.pack.PanelsF32;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link GemmS8Levels} in C, two functions per tier: one call is a whole row, which {@code
 * s8_levels.h} describes. Every range the call may touch is checked here.
 */
final class FfmGemmS8Levels implements GemmS8Levels {

  private static final MethodHandle RUN = Symbols.handle(Symbols.S8_LEVELS);
  private static final PanelsF32 PER_BLOCK = new PanelsF32(PackedLevels.NR);

  /** Bytes of what C keeps of a block of a row. */
  private static final long BLOCK_BYTES = 8;

  private static final long LINE = 64;

  private final KernelName name;
  private final PackedLevels layout;
  private final MemorySegment function;

  /** The kernel of a tier. */
  FfmGemmS8Levels(Symbols symbols, Isa isa, int bits) {
    this.name = KernelName.of("s8s" + bits, "gemm", 1, PackedLevels.NR, isa);
    this.layout = new PackedLevels(bits);
    this.function = symbols.kernel(name.toString());
  }

  @Override
  public KernelName name() {
    return name;
  }

  @Override
  public int bits() {
    return layout.bits();
  }

  @Override
  public int mr() {
    return 1;
  }

  @Override
  public int nr() {
    return PackedLevels.NR;
  }

  @Override
  public PackedLayout rhsLayout() {
    return layout;
  }

  @Override
  public void run(
      GemmShape shape,
      FloatEpilogue epilogue,
      LevelBlocks blocks,
      MemorySegment lhs,
      long lhsAt,
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
    int k = shape.k();
    if (shape.taps() != 1 || shape.rowOffsets() != null || nFrom % PackedLevels.NR != 0) {
      throw new IllegalArgumentException(
          "packed levels are for products and whole groups of columns, not for "
              + shape
              + " from column "
              + nFrom);
    }
    long perBlock = PER_BLOCK.bytes(1, blocks.count(k), shape.n());
    MemorySegment zeroPoints = blocks.zeroPoints();
    GemmOperands.check(lhs, lhsAt, 4 * GemmOperands.span(mTo, shape.lhsStride(), k));
    GemmOperands.check(rhs, 0, layout.bytes(1, k, shape.n()));
    GemmOperands.check(blocks.scales(), 0, perBlock);
    if (zeroPoints != null) {
      GemmOperands.check(zeroPoints, 0, perBlock);
    }
    GemmOperands.checkResults(shape, epilogue, addend, addendAt, dst, dstAt, mTo, nTo);
    long blockBytes = Math.ceilDiv(BLOCK_BYTES * blocks.count(k), LINE) * LINE;
    long scratch = Scratch.address(blockBytes + k + layout.perLane());
    for (int i = mFrom; i < mTo; i++) {
      row(
          k,
          blocks.size(),
          nFrom,
          nTo,
          lhs.address() + lhsAt + 4 * shape.rowOffset(0, i),
          rhs.address(),
          blocks.scales().address(),
          Symbols.address(zeroPoints),
          dst.address() + dstAt + 4L * i * shape.dstStride(),
          Symbols.address(epilogue.bias()),
          addend == null ? 0 : addend.address() + addendAt + 4L * i * epilogue.addendStride(),
          epilogue.min(),
          epilogue.max(),
          scratch);
    }
  }

  private void row(
      int k,
      int block,
      int nFrom,
      int nTo,
      long lhs,
      long rhs,
      long scales,
      long zeroPoints,
      long dst,
      long bias,
      long addend,
      float min,
      float max,
      long scratch) {
    try {
      RUN.invokeExact(
          function,
          k,
          block,
          nFrom,
          nTo,
          lhs,
          rhs,
          scales,
          zeroPoints,
          dst,
          bias,
          addend,
          min,
          max,
          scratch);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable checked) {
      throw new AssertionError("native code throws no exceptions", checked);
    }
  }
}
