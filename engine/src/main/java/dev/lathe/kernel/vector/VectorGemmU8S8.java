package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.tensor.Tensor.I32;
import static dev.lathe.tensor.Tensor.I64;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.IntegerEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.StoreInt32;
import dev.lathe.kernel.pack.PanelsS8AsF32;
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
 *   for a panel of nr columns    of weights that were made float32 when they were packed
 *     for a chunk of the depth
 *       for a tile of the block: acc = A * B in registers
 *         not the last chunk:    int32 sum += acc
 *         the last:              requantize sum + acc, store bytes
 *   a last single row goes through four panels at a time instead
 * registers: those of {@link TilesF32}
 * range: an accumulator holds integers up to 2^24 exactly. A step adds at most 255 * 128, so a
 *        chunk has at most 512 steps
 * instruction: vfmadd231ps; fmla
 * </pre>
 *
 * <p>Zero points z of the weights stay out of the tiles: sums begin with {@code -z * (sum of the
 * row of A)}.
 */
final class VectorGemmU8S8 implements GemmU8S8 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final TilesF32 TILES = Specialization.of(VectorTilesF32.class, ISA);
  private static final StagesU8S8 STAGES = Specialization.of(VectorStagesU8S8.class, ISA);
  private static final int MR = TILES.mr();
  private static final int NR = TILES.nr();
  private static final PanelsS8AsF32 LAYOUT = new PanelsS8AsF32(NR);
  private static final long NR_BYTES = 4L * NR;

  /** Steps that are exact in float32. */
  private static final int EXACT_STEPS = 512;

  /** Bytes of A, as float32, that a block of rows may have. */
  private static final long BLOCK_BYTES = 512 << 10;

  /** Products of so few rows wait for the weights, not for the arithmetic. */
  private static final int FEW_ROWS = 4;

  /** Most rows of a block. */
  private static final int MAX_BLOCK = 64 * MR;

  /** Panels of a tile of one row. */
  private static final int WIDE = 4;

  private static final long TILE_BYTES = MR * NR_BYTES;

  /** Rows of a tile in the table of rows. */
  private static final long ROWS_BYTES = 8 * 8;

  /** A tile and the addresses of its rows. */
  private static final long WORK_BYTES = TILE_BYTES + ROWS_BYTES;

  @Override
  public KernelName name() {
    return KernelName.of("u8s8", "brgemm", MR, NR, ISA);
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
  public boolean accepts(GemmShape shape) {
    return shape.m() > FEW_ROWS;
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
        + 8L * block
        + shape.taps() * WidenedRows.tapBytes(block)
        + WidenedRows.elementBytes(shape, block);
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
    if (mFrom == mTo || nFrom == nTo) {
      return;
    }
    long columnBytes = 4L * Math.ceilDiv(nTo, 16) * 16;
    Vectors.address(epilogue.bias(), 0, columnBytes);
    long a = Vectors.address(lhs, lhsAt, 0);
    long b = Vectors.address(rhs, rhsAt, LAYOUT.bytes(shape.taps(), shape.k(), shape.n()));
    long zeros = rhsZeroPoints == null ? 0 : Vectors.address(rhsZeroPoints, 0, columnBytes);
    long padding = zeroRow == null ? 0 : Vectors.address(zeroRow, 0, shape.k());
    long c = rows(dst, dstAt, shape.dstStride(), epilogue.dstBytes(), mTo, nTo);
    long d = 0;
    if (epilogue instanceof Requantize requantize) {
      Vectors.address(requantize.scale(), 0, columnBytes);
      Requantize.Addend plus = requantize.addend();
      d = plus == null || addend == null ? 0 : rows(addend, addendAt, plus.stride(), 1, mTo, nTo);
    }
    long work = Vectors.address(scratch, scratchAt, scratchBytes(shape));

    int most = blockRows(shape);
    long sums = work + WORK_BYTES;
    long rowSums = sums + most * NR_BYTES;
    long table = rowSums + 8L * most;
    long step = WidenedRows.tapBytes(most);
    long elements = table + shape.taps() * step;
    int blocks = Math.ceilDiv(mTo - mFrom, most);
    int block = Math.ceilDiv(Math.ceilDiv(mTo - mFrom, blocks), MR) * MR;
    for (int i = mFrom; i < mTo; i += block) {
      int count = Math.min(block, mTo - i);
      WidenedRows.write(
          STAGES, shape, a, lhs.byteSize() - lhsAt, padding, i, count, table, step, elements);
      if (zeros != 0) {
        sumRows(shape, table, step, count, rowSums);
      }
      int single = count % MR == 1 || (MR == 8 && count % MR == 5) ? 1 : 0;
      int tiled = count - single;
      for (int j = nFrom; tiled > 0 && j < nTo; j += NR) {
        strip(
            shape, epilogue, table, step, b, zeros, rowSums, d, c, i, tiled, j, 1, nTo, work, sums);
      }
      if (single == 1) {
        long row = table + 8L * tiled;
        long rowSum = rowSums + 4L * tiled;
        int last = i + tiled;
        for (int j = nFrom, panels; j < nTo; j += panels * NR) {
          panels = nTo - j > (WIDE - 1) * NR ? WIDE : 1;
          strip(
              shape, epilogue, row, step, b, zeros, rowSum, d, c, last, 1, j, panels, nTo, work,
              sums);
        }
      }
    }
  }

  /** The address of [mTo][nTo] elements in rows {@code stride} elements apart. */
  private static long rows(
      MemorySegment segment, long at, long stride, int elementBytes, int mTo, int nTo) {
    return Vectors.address(segment, at, elementBytes * ((mTo - 1) * stride + nTo));
  }

  /** The sums over a block's rows of A, int32 [count]. */
  private static void sumRows(GemmShape shape, long table, long step, int count, long sums) {
    for (int r = 0; r < count; r++) {
      int sum = 0;
      for (int t = 0; t < shape.taps(); t++) {
        sum += STAGES.sum(ALL.get(I64, (table + t * step + 8L * r) & ADDRESS), shape.k());
      }
      ALL.set(I32, (sums + 4L * r) & ADDRESS, sum);
    }
  }

  /** Most rows of a block. */
  private static int blockRows(GemmShape shape) {
    long rowBytes = 4L * Math.max(1, shape.rowOffsets() == null ? shape.depth() : shape.k());
    int fit = Math.clamp(BLOCK_BYTES / rowBytes / MR * MR, 8 * MR, MAX_BLOCK);
    return Math.min(fit, Math.ceilDiv(shape.m(), MR) * MR);
  }

  /**
   * Rows [i, i + count) of {@code panels} panels from column j on: any number of rows of one panel,
   * or one row of {@value #WIDE}.
   */
  private static void strip(
      GemmShape shape,
      IntegerEpilogue epilogue,
      long table,
      long step,
      long rhs,
      long zeroPoints,
      long rowSums,
      long addend,
      long dst,
      int i,
      int count,
      int j,
      int panels,
      int nTo,
      long work,
      long sums) {
    int k = shape.k();
    int tapStep = share(shape.taps(), Math.max(1, EXACT_STEPS / Math.max(1, k)));
    int kStep = share(k, EXACT_STEPS);
    long panelBytes = NR_BYTES * shape.depth();
    long panel = rhs + j / NR * panelBytes;
    boolean begun = zeroPoints != 0;
    for (int v = 0; begun && v < panels; v++) {
      int column = j + v * NR;
      long zeros = zeroPoints + 4L * column;
      STAGES.begin(rowSums, zeros, count, nTo - column, sums + v * NR_BYTES);
    }
    for (int t = 0; t == 0 || t < shape.taps(); t += tapStep) {
      int taps = Math.min(tapStep, shape.taps() - t);
      for (int p = 0; p == 0 || p < k; p += kStep) {
        int depth = Math.min(kStep, k - p);
        boolean last = t + taps >= shape.taps() && p + depth >= k;
        long b = panel + ((long) t * k + p) * NR_BYTES;
        for (int r = 0; r < count; r += MR) {
          int height = Math.min(MR, count - r);
          long a = table + t * step + 8L * r;
          long rows = p == 0 ? a : advanced(a, 4L * p, work + TILE_BYTES);
          if (panels == WIDE) {
            TILES.wide(rows, step, taps, depth, b, panelBytes, work);
          } else if (height > 4) {
            TILES.full(rows, step, taps, depth, b, work);
          } else {
            TILES.four(rows, step, taps, depth, b, work);
          }
          long sum = sums + r * NR_BYTES;
          if (!last) {
            STAGES.flush(work, sum, panels == WIDE ? WIDE : height, !begun);
            continue;
          }
          long before = begun ? sum : 0;
          for (int v = 0; v < panels; v++) {
            long at = v * NR_BYTES;
            long sumAt = before == 0 ? 0 : before + at;
            int column = j + v * NR;
            store(
                shape,
                epilogue,
                work + at,
                sumAt,
                height,
                nTo - column,
                addend,
                dst,
                i + r,
                column);
          }
        }
        begun = true;
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

  private static void store(
      GemmShape shape,
      IntegerEpilogue epilogue,
      long acc,
      long sum,
      int rows,
      int columns,
      long addend,
      long dst,
      int i,
      int j) {
    long bias = epilogue.bias().address() + 4L * j;
    long to = dst + epilogue.dstBytes() * (i * shape.dstStride() + j);
    switch (epilogue) {
      case StoreInt32 store ->
          STAGES.storeSums(acc, sum, rows, columns, bias, to, shape.dstStride());
      case Requantize requantize -> {
        Requantize.Addend plus = requantize.addend();
        long more = addend == 0 || plus == null ? 0 : addend + i * plus.stride() + j;
        long scale = requantize.scale().address() + 4L * j;
        STAGES.store(requantize, acc, sum, rows, columns, bias, scale, more, to, shape.dstStride());
      }
    }
  }
}
