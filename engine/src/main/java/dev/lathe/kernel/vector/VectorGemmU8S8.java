package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.tensor.Tensor.I64;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.pack.QuadsS8;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link GemmU8S8} on the fp32 register tiles of {@link TilesF32}: the Vector API has no product of
 * bytes, and a fused multiply-add is as fast as an integer one would be.
 *
 * <pre>
 * for a block of rows            widened to float32 once; stays in L2
 *   for a panel of nr columns
 *     for a chunk of the depth   unpacked to a float32 panel that stays in L1 or L2
 *       for a tile of the block: acc = A * B in registers
 *         not the last chunk:    int32 sum += acc
 *         the last:              requantize sum + acc, store bytes
 * one or two rows: weights unpacked in registers, for a panel would not be used again
 * registers: those of {@link TilesF32}
 * range: an accumulator holds integers up to 2^24 exactly. A step adds at most 255 * 128, so a
 *        chunk has at most 512 steps; with zero points 255 * 255, so 256
 * instruction: vfmadd231ps; fmla
 * </pre>
 */
final class VectorGemmU8S8 implements GemmU8S8 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final TilesF32 TILES = Specialization.of(VectorTilesF32.class, ISA);
  private static final StagesU8S8 STAGES = Specialization.of(VectorStagesU8S8.class, ISA);
  private static final QuadsS8 LAYOUT = new QuadsS8();
  private static final int MR = TILES.mr();
  private static final int NR = TILES.nr();
  private static final int LANES = NR / 2;
  private static final long NR_BYTES = 4L * NR;

  /** Steps that are exact in float32. */
  private static final int EXACT_STEPS = 512;

  private static final int EXACT_STEPS_WITH_ZERO_POINTS = 256;

  /** Bytes of A, as float32, that a block of rows may have. */
  private static final long BLOCK_BYTES = 512 << 10;

  /** So many rows alone, or a last single one, take the weights straight from their quads. */
  private static final int FEW_ROWS = 2;

  /** Most rows of a block. */
  private static final int MAX_BLOCK = 64 * MR;

  private static final long TILE_BYTES = MR * NR_BYTES;

  /** Rows of a tile in the table of rows. */
  private static final long ROWS_BYTES = 8 * 8;

  /**
   * A tile, the addresses of its rows and the unpacked chunk of a panel, which ends up to three
   * rows later than its steps.
   */
  private static final long WORK_BYTES =
      TILE_BYTES + ROWS_BYTES + (EXACT_STEPS + QuadsS8.KR) * NR_BYTES;

  @Override
  public KernelName name() {
    return new KernelName("u8s8", "brgemm", MR + "x" + NR + "c" + QuadsS8.KR, ISA);
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
    int block = blockRows(shape);
    return WORK_BYTES
        + block * NR_BYTES
        + shape.taps() * WidenedRows.tapBytes(block)
        + WidenedRows.elementBytes(shape, block);
  }

  @Override
  public void run(
      GemmShape shape,
      Requantize epilogue,
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
    if (mFrom == mTo || nFrom == nTo) {
      return;
    }
    long columnBytes = 4L * Math.ceilDiv(nTo, 16) * 16;
    Vectors.address(epilogue.bias(), 0, columnBytes);
    Vectors.address(epilogue.scale(), 0, columnBytes);
    long a = Vectors.address(lhs, lhsAt, 0);
    long b = Vectors.address(rhs, rhsAt, LAYOUT.bytes(shape.taps(), shape.k(), shape.n()));
    long zeros = rhsZeroPoints == null ? 0 : Vectors.address(rhsZeroPoints, 0, columnBytes);
    long padding = zeroRow == null ? 0 : Vectors.address(zeroRow, 0, shape.k());
    long c = rows(dst, dstAt, shape.dstStride(), mTo, nTo);
    Requantize.Addend plus = epilogue.addend();
    long d = plus == null || addend == null ? 0 : rows(addend, addendAt, plus.stride(), mTo, nTo);
    long work = Vectors.address(scratch, scratchAt, scratchBytes(shape));

    int most = blockRows(shape);
    long sums = work + WORK_BYTES;
    long table = sums + most * NR_BYTES;
    long step = WidenedRows.tapBytes(most);
    long elements = table + shape.taps() * step;
    int blocks = Math.ceilDiv(mTo - mFrom, most);
    int block = Math.ceilDiv(Math.ceilDiv(mTo - mFrom, blocks), MR) * MR;
    for (int i = mFrom; i < mTo; i += block) {
      int count = Math.min(block, mTo - i);
      WidenedRows.write(
          STAGES, shape, a, lhs.byteSize() - lhsAt, padding, i, count, table, step, elements);
      for (int j = nFrom; j < nTo; j += NR) {
        panel(shape, epilogue, table, step, b, zeros, d, c, i, count, j, nTo, work, sums);
      }
    }
  }

  /** The address of [mTo][nTo] bytes in rows {@code stride} apart. */
  private static long rows(MemorySegment segment, long at, long stride, int mTo, int nTo) {
    return Vectors.address(segment, at, (mTo - 1) * stride + nTo);
  }

  /** Most rows of a block. */
  private static int blockRows(GemmShape shape) {
    long rowBytes = 4L * Math.max(1, shape.rowOffsets() == null ? shape.depth() : shape.k());
    int fit = Math.clamp(BLOCK_BYTES / rowBytes / MR * MR, 8 * MR, MAX_BLOCK);
    return Math.min(fit, Math.ceilDiv(shape.m(), MR) * MR);
  }

  /** Rows [i, i + count) of the panel of columns that begins at column j. */
  private static void panel(
      GemmShape shape,
      Requantize epilogue,
      long table,
      long step,
      long rhs,
      long zeroPoints,
      long addend,
      long dst,
      int i,
      int count,
      int j,
      int nTo,
      long work,
      long sums) {
    int k = shape.k();
    int most = zeroPoints == 0 ? EXACT_STEPS : EXACT_STEPS_WITH_ZERO_POINTS;
    int tapStep = share(shape.taps(), Math.max(1, most / Math.max(1, k)));
    int kStep = k <= most ? k : Math.ceilDiv(share(k, most), QuadsS8.KR) * QuadsS8.KR;
    long zeros = zeroPoints == 0 ? 0 : zeroPoints + 4L * j;
    long panel = work + TILE_BYTES + ROWS_BYTES;
    int direct = k % QuadsS8.KR != 0 ? 0 : count <= FEW_ROWS ? FEW_ROWS : 1;
    for (int t = 0; t == 0 || t < shape.taps(); t += tapStep) {
      int taps = Math.min(tapStep, shape.taps() - t);
      for (int p = 0; p == 0 || p < k; p += kStep) {
        int depth = Math.min(kStep, k - p);
        boolean first = t == 0 && p == 0;
        boolean last = t + taps >= shape.taps() && p + depth >= k;
        long tapBytes = QuadsS8.tapBytes(k);
        long left = rhs + QuadsS8.index(shape.taps(), k, t, p, j);
        long right = hasColumn(shape, j + LANES) ? left + half(shape) : left;
        if (count > direct) {
          STAGES.unpack(left, right, tapBytes, taps, depth, zeros, panel);
        }
        for (int r = 0; r < count; r += MR) {
          int height = Math.min(MR, count - r);
          long a = table + t * step + 8L * r;
          long rows = p == 0 ? a : advanced(a, 4L * p, work + TILE_BYTES);
          if (height <= direct) {
            rows(rows, step, taps, depth, left, right, tapBytes, zeros, work, height);
          } else if (height > 4) {
            TILES.full(rows, step, taps, depth, panel, work);
          } else {
            TILES.four(rows, step, taps, depth, panel, work);
          }
          long sum = sums + r * NR_BYTES;
          if (last) {
            long before = first ? 0 : sum;
            store(shape, epilogue, work, before, height, nTo - j, addend, dst, i + r, j);
          } else {
            STAGES.flush(work, sum, height, first);
          }
        }
      }
    }
  }

  /** The addresses of a tile's rows, {@code bytes} further on; a table for one tap. */
  private static long advanced(long rows, long bytes, long table) {
    for (long at = 0; at < ROWS_BYTES; at += 8) {
      ALL.set(I64, (table + at) & ADDRESS, ALL.get(I64, (rows + at) & ADDRESS) + bytes);
    }
    return table;
  }

  /** Cuts {@code total} into as few equal steps as possible of at most {@code most}. */
  private static int share(int total, int most) {
    return total <= most ? Math.max(1, total) : Math.ceilDiv(total, Math.ceilDiv(total, most));
  }

  private static void rows(
      long rows,
      long step,
      int taps,
      int k,
      long left,
      long right,
      long tapBytes,
      long zeroPoints,
      long acc,
      int height) {
    for (int r = 0; r < height; r++) {
      STAGES.row(rows + 8L * r, step, taps, k, left, right, tapBytes, zeroPoints, acc);
      acc += NR_BYTES;
    }
  }

  /** Whether the packed weights have a column j, be it of padding. */
  private static boolean hasColumn(GemmShape shape, int j) {
    return j < Math.ceilDiv(shape.n(), QuadsS8.NR) * QuadsS8.NR;
  }

  /** From the first column of a panel to the first of its second vector, in packed bytes. */
  private static long half(GemmShape shape) {
    return LANES < QuadsS8.NR
        ? (long) LANES * QuadsS8.KR
        : QuadsS8.groupBytes(shape.taps(), shape.k());
  }

  private static void store(
      GemmShape shape,
      Requantize epilogue,
      long acc,
      long sum,
      int rows,
      int columns,
      long addend,
      long dst,
      int i,
      int j) {
    Requantize.Addend plus = epilogue.addend();
    long more = addend == 0 || plus == null ? 0 : addend + i * plus.stride() + j;
    STAGES.store(
        epilogue,
        acc,
        sum,
        rows,
        columns,
        epilogue.bias().address() + 4L * j,
        epilogue.scale().address() + 4L * j,
        more,
        dst + i * shape.dstStride() + j,
        shape.dstStride());
  }
}
