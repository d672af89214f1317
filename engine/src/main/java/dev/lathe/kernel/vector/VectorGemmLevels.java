package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.tensor.Tensor.F32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32Levels;
import dev.lathe.kernel.GemmLevels;
import dev.lathe.kernel.GemmS8Levels;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.LevelBlocks;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RowBlock;
import dev.lathe.kernel.pack.PackedLevels;
import dev.lathe.kernel.pack.PanelsF32;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * {@link GemmLevels}: the loops round the tiles of {@link LevelTilesF32}.
 *
 * <pre>
 * for a block of rows          copied to scratch memory, with zeros up to a whole lane; for {@link
 *                              GemmS8Levels} as the levels they are rounded to
 *   for four vectors of columns  their levels stay in L2 after the first tile
 *     for four rows, or a single one: acc in scratch memory; epilogue from there to C
 * </pre>
 */
abstract sealed class VectorGemmLevels implements GemmLevels {

  /** With activations as they are. */
  static final class OfF32 extends VectorGemmLevels implements GemmF32Levels {
    OfF32(Isa isa, LevelBits bits) {
      super("f32", isa, bits);
    }
  }

  /** With activations rounded to int8, whose sums are exact in float32. */
  static final class OfS8 extends VectorGemmLevels implements GemmS8Levels {
    OfS8(Isa isa, LevelBits bits) {
      super("s8", isa, bits);
    }

    @Override
    float round(long row, int count) {
      RowBlock block = RowBlock.of(ALL, row & ADDRESS, count);
      for (long at = row; at < row + 4L * count; at += 4) {
        ALL.set(F32, at & ADDRESS, block.level(ALL.get(F32, at & ADDRESS)));
      }
      return block.scale();
    }
  }

  private static final int MR = LevelTilesF32.MR;
  private static final int VECTORS = LevelTilesF32.VECTORS;
  private static final PanelsF32 PER_BLOCK = new PanelsF32(PackedLevels.NR);

  /** Bytes of rows that are copied at a time: a part of L2, which may be 512 KiB. */
  private static final long COPY_BYTES = 128 << 10;

  private static final int LINE = 64;

  private final String activations;
  private final Isa isa;
  private final PackedLevels layout;
  private final LevelTilesF32 tiles;
  private final StoreF32 store;
  private final int lanes;

  private VectorGemmLevels(String activations, Isa isa, LevelBits bits) {
    this.activations = activations;
    this.isa = isa;
    this.layout = new PackedLevels(bits.bits());
    this.tiles = Specialization.of(VectorLevelTilesF32.class, isa, bits);
    this.store = Specialization.of(VectorStoreF32.class, isa);
    this.lanes = Vectors.floats(isa).length();
  }

  @Override
  public KernelName name() {
    return KernelName.of(activations + "s" + bits(), "gemm", mr(), nr(), isa);
  }

  @Override
  public int bits() {
    return layout.bits();
  }

  @Override
  public int mr() {
    return MR;
  }

  @Override
  public int nr() {
    return VECTORS * lanes;
  }

  @Override
  public PackedLayout rhsLayout() {
    return layout;
  }

  /** What the loops of one call work with; addresses. */
  private record Call(
      GemmShape shape,
      FloatEpilogue epilogue,
      int block,
      long rhs,
      long scales,
      long zeroStep,
      long bias,
      long addend,
      long dst,
      long acc,
      long sums,
      long sumStep,
      long copy,
      long copyStep) {}

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
    if (mFrom >= mTo || nFrom >= nTo) {
      return;
    }
    if (shape.taps() != 1 || shape.rowOffsets() != null) {
      throw new IllegalArgumentException("packed levels are for products, not for " + shape);
    }
    int k = shape.k();
    int count = blocks.count(k);
    long perBlock = PER_BLOCK.bytes(1, count, shape.n());
    MemorySegment zeroPoints = blocks.zeroPoints();
    long scales = Vectors.address(blocks.scales(), 0, perBlock);
    long zeros = zeroPoints == null ? scales : Vectors.address(zeroPoints, 0, perBlock);
    Vectors.address(lhs, lhsAt, 4 * ((mTo - 1) * shape.lhsStride() + k));

    int most = Math.clamp(COPY_BYTES / (4L * k + 1) / MR * MR, MR, 64);
    int rows = Math.min(most, Math.ceilDiv(mTo - mFrom, MR) * MR);
    long accBytes = 2L * MR * VECTORS * 4 * lanes;
    long sumStep = 8L * count;
    long sumBytes = Math.ceilDiv(rows * sumStep, LINE) * LINE;
    long copyStep = Math.ceilDiv(4L * k, LINE) * LINE;
    long acc = Scratch.address(accBytes + sumBytes + rows * copyStep);
    Call call =
        new Call(
            shape,
            epilogue,
            blocks.size(),
            Vectors.address(rhs, 0, layout.bytes(1, k, shape.n())),
            scales,
            zeros - scales,
            epilogue.bias() == null ? 0 : Vectors.address(epilogue.bias(), 0, 4L * nTo),
            addend == null ? 0 : matrix(addend, addendAt, epilogue.addendStride(), mTo, nTo),
            matrix(dst, dstAt, shape.dstStride(), mTo, nTo),
            acc,
            acc + accBytes,
            sumStep,
            acc + accBytes + sumBytes,
            copyStep);
    for (int i = mFrom; i < mTo; i += rows) {
      int height = Math.min(rows, mTo - i);
      for (int r = 0; r < Math.ceilDiv(height, MR) * MR; r++) {
        copyRow(call, lhs, lhsAt + 4 * shape.rowOffset(0, i + Math.min(r, height - 1)), r);
      }
      for (int j = nFrom; j < nTo; j += nr()) {
        for (int r = 0; r < height; r += MR) {
          tile(call, i, r, Math.min(MR, height - r), j, nTo);
        }
      }
    }
  }

  /** The address of [mTo][nTo] elements in rows {@code stride} apart. */
  private static long matrix(MemorySegment segment, long at, long stride, int mTo, int nTo) {
    return Vectors.address(segment, at, 4 * ((mTo - 1) * stride + nTo));
  }

  /** Rounds a block of a copied row in place, where that is to be; its scale. */
  float round(long row, int count) {
    return 1;
  }

  /** Copies a row; the sums of its blocks count only if there are zero points. */
  private void copyRow(Call call, MemorySegment lhs, long from, int r) {
    int k = call.shape.k();
    long to = call.copy + r * call.copyStep;
    MemorySegment.copy(lhs, from, ALL, to & ADDRESS, 4L * k);
    for (long at = 4L * k; at < call.copyStep; at += 4) {
      ALL.set(F32, (to + at) & ADDRESS, 0f);
    }
    long sum = call.sums + r * call.sumStep;
    for (int first = 0; first < k; first += call.block, sum += 8) {
      int end = Math.min(k, first + call.block);
      ALL.set(F32, (sum + 4) & ADDRESS, round(to + 4L * first, end - first));
      float even = 0;
      float odd = 0;
      for (int kk = first; call.zeroStep != 0 && kk < end; kk += 2) {
        even += ALL.get(F32, (to + 4L * kk) & ADDRESS);
        odd += ALL.get(F32, (to + 4L * kk + 4) & ADDRESS);
      }
      ALL.set(F32, sum & ADDRESS, -(even + odd));
    }
  }

  /** Columns [j, j + nr) of up to four rows from {@code i + r}. */
  private void tile(Call call, int i, int r, int height, int j, int nTo) {
    int laneCount = Math.ceilDiv(call.shape.k(), layout.perLane());
    int block = call.block / layout.perLane();
    long a = call.copy + r * call.copyStep;
    long sums = call.sums + r * call.sumStep;
    int pair = 2 * lanes;
    if (height == 1) {
      tiles.row(
          a,
          levels(call, j, j),
          levels(call, j + lanes, j),
          levels(call, j + 2 * lanes, j),
          levels(call, j + 3 * lanes, j),
          scales(call, j, j),
          scales(call, j + lanes, j),
          scales(call, j + 2 * lanes, j),
          scales(call, j + 3 * lanes, j),
          call.zeroStep,
          sums,
          laneCount,
          block,
          call.acc);
      store(call, 1, call.acc, i + r, j, nTo);
      store(call, 1, call.acc + 4L * pair, i + r, j + pair, nTo);
      return;
    }
    for (int column = j; column < Math.min(nTo, j + nr()); column += pair) {
      for (int v = 0; v < 2; v++) {
        int n = column + v * lanes;
        tiles.rows(
            a,
            call.copyStep,
            levels(call, n, j),
            scales(call, n, j),
            call.zeroStep,
            sums,
            call.sumStep,
            laneCount,
            block,
            call.acc + 4L * lanes * v,
            4L * pair);
      }
      store(call, height, call.acc, i + r, column, nTo);
    }
  }

  private void store(Call call, int height, long acc, int i, int j, int nTo) {
    int pair = 2 * lanes;
    if (j < nTo) {
      store.rows(
          call.shape.dstStride(),
          call.epilogue,
          acc,
          4L * pair,
          height,
          call.bias,
          call.addend,
          call.dst,
          i,
          j,
          Math.min(nTo, j + pair));
    }
  }

  /** Column j's lanes; those of column {@code instead} when there is no column j. */
  private long levels(Call call, int j, int instead) {
    return call.rhs + layout.index(call.shape.k(), 0, packed(call, j) ? j : instead);
  }

  private static long scales(Call call, int j, int instead) {
    int count = Math.ceilDiv(call.shape.k(), call.block);
    return call.scales + 4 * PER_BLOCK.index(count, 0, packed(call, j) ? j : instead);
  }

  private static boolean packed(Call call, int j) {
    return j < Math.ceilDiv(call.shape.n(), PackedLevels.NR) * PackedLevels.NR;
  }
}
