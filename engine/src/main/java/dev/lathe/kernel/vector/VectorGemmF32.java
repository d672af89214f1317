package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.tensor.Tensor.I64;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.pack.PanelsF32;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;

/**
 * {@link GemmF32}: the loops round the register tiles of {@link TilesF32}, and the epilogue.
 *
 * <pre>
 * for a block of rows            A's part of it stays in L2; the addresses of its rows go to a table
 *   for a chunk of panels of B   stays in L2
 *     for a strip of tiles
 *       for a panel              streams through L1
 *         for a tile: A * B in registers, to scratch memory
 *       the epilogue, from there to C, row by row
 *   a last single row goes through four panels at a time instead
 * </pre>
 *
 * <p>A panel is as wide as a cache line or two, so that C, panel by panel, would be a walk over its
 * rows that no processor foresees; row by row, C and the addend are streams.
 *
 * <p>The depth is never cut: an output is one chain of fused multiply-adds in one register, and a
 * tile uses its panel slowly enough for L2, even L3, to keep up.
 */
final class VectorGemmF32 implements GemmF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final TilesF32 TILES = Specialization.of(VectorTilesF32.class, ISA);
  private static final StoreF32 STORE = Specialization.of(VectorStoreF32.class, ISA);
  private static final int MR = TILES.mr();
  private static final int NR = TILES.nr();
  private static final PanelsF32 LAYOUT = new PanelsF32(NR);
  private static final long NR_BYTES = 4L * NR;

  /** Bytes of A that a block of rows may have: a part of L2, which may be 512 KiB. */
  private static final long BLOCK_BYTES = 128 << 10;

  /** Tiles of a strip. */
  private static final int STRIP = 2;

  /** Bytes of the sums of a strip: a small part of L2. */
  private static final long ACC_BYTES = 64 << 10;

  /** Bytes of B that strips go over: half of an L2 of 512 KiB. */
  private static final long CHUNK_BYTES = 256 << 10;

  /** A tile counts the bytes of a row in an int. */
  private static final int MAX_K = Integer.MAX_VALUE / Float.BYTES;

  /** Most rows of a block; bounds the scratch memory. */
  private static final int MAX_BLOCK = 64 * MR;

  /** Entries of the row table past a block's last row, which a clamped tile reads. */
  private static final int SPARE_ROWS = 8;

  @Override
  public KernelName name() {
    return KernelName.of("f32", "brgemm", MR, NR, ISA);
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
    if (mFrom >= mTo || nFrom >= nTo) {
      return;
    }
    if (shape.k() > MAX_K) {
      throw new IllegalArgumentException("k is " + shape.k() + ", at most " + MAX_K + " fits");
    }
    long b = Vectors.address(rhs, rhsAt, LAYOUT.bytes(shape.taps(), shape.k(), shape.n()));
    long c = rows(dst, dstAt, shape.dstStride(), mTo, nTo);
    long d = addend == null ? 0 : rows(addend, addendAt, epilogue.addendStride(), mTo, nTo);
    long bias = epilogue.bias() == null ? 0 : Vectors.address(epilogue.bias(), 0, 4L * nTo);

    int block = blockRows(shape);
    long table = 8L * (block + SPARE_ROWS);
    long acc = Scratch.address(ACC_BYTES + shape.taps() * table);
    long rows = acc + ACC_BYTES;
    for (int i = mFrom; i < mTo; i += block) {
      int count = Math.min(block, mTo - i);
      tabulateRows(shape, lhs, lhsAt, zeroRow, i, count, rows, table);
      int single = count % MR == 1 || (MR == 8 && count % MR == 5) ? 1 : 0;
      if (count > single) {
        tiles(shape, epilogue, rows, table, b, bias, d, c, i, count - single, nFrom, nTo, acc);
      }
      if (single == 1) {
        int last = i + count - 1;
        long row = rows + 8L * (count - 1);
        singleRow(shape, epilogue, row, table, b, bias, d, c, last, nFrom, nTo, acc);
      }
    }
  }

  /** The address of [mTo][nTo] elements in rows {@code stride} apart. */
  private static long rows(MemorySegment segment, long at, long stride, int mTo, int nTo) {
    return Vectors.address(segment, at, 4 * ((mTo - 1) * stride + nTo));
  }

  private static int blockRows(GemmShape shape) {
    long rowBytes = 4L * Math.max(1, shape.rowOffsets() == null ? shape.depth() : shape.k());
    return Math.clamp(BLOCK_BYTES / rowBytes / MR * MR, 8 * MR, MAX_BLOCK);
  }

  /**
   * Writes the address of every row of A in the block for every tap, {@code tableBytes} per tap;
   * the last row's stands in for the rows after it.
   */
  private static void tabulateRows(
      GemmShape shape,
      MemorySegment lhs,
      long lhsAt,
      @Nullable MemorySegment zeroRow,
      int from,
      int count,
      long table,
      long tableBytes) {
    long rowBytes = 4L * shape.k();
    long limit = lhs.byteSize() - lhsAt - rowBytes;
    long base = Vectors.address(lhs, lhsAt, 0);
    long zero = zeroRow == null ? 0 : Vectors.address(zeroRow, 0, rowBytes);
    for (int t = 0; t < shape.taps(); t++) {
      long at = table + t * tableBytes;
      long address = 0;
      for (int r = 0; r < count; r++, at += 8) {
        long offset = 4 * shape.rowOffset(t, from + r);
        if (offset < 0 ? zero == 0 : offset > limit) {
          throw new IndexOutOfBoundsException(
              "row " + (from + r) + " of tap " + t + " at byte " + offset + " leaves the operand");
        }
        address = offset < 0 ? zero : base + offset;
        ALL.set(I64, at & ADDRESS, address);
      }
      for (int r = 0; r < SPARE_ROWS; r++, at += 8) {
        ALL.set(I64, at & ADDRESS, address);
      }
    }
  }

  /** Rows [i, i + count) of C in strips of tiles. */
  private static void tiles(
      GemmShape shape,
      FloatEpilogue epilogue,
      long rows,
      long rowsStep,
      long rhs,
      long bias,
      long addend,
      long dst,
      int i,
      int count,
      int nFrom,
      int nTo,
      long acc) {
    int height = Math.min(STRIP, Math.ceilDiv(count, MR)) * MR;
    int taps = shape.taps();
    int k = shape.k();
    long panelBytes = NR_BYTES * shape.depth();
    long sumsBytes = height * NR_BYTES;
    long most = ACC_BYTES / sumsBytes;
    if (height < count) {
      most = Math.min(most, CHUNK_BYTES / Math.max(1, panelBytes));
    }
    int width = Math.clamp(most, 1, Math.ceilDiv(nTo - nFrom, NR)) * NR;
    for (int j = nFrom; j < nTo; j += width) {
      int jTo = Math.min(nTo, j + width);
      for (int r = 0; r < count; r += height) {
        int strip = Math.min(height, count - r);
        for (int n = j; n < jTo; n += NR) {
          long panel = rhs + n / NR * panelBytes;
          long sums = acc + (n - j) / NR * sumsBytes;
          for (int t = 0; t < strip; t += MR) {
            long row = rows + 8L * (r + t);
            if (strip - t > 4) {
              TILES.full(row, rowsStep, taps, k, panel, sums + t * NR_BYTES);
            } else {
              TILES.four(row, rowsStep, taps, k, panel, sums + t * NR_BYTES);
            }
          }
        }
        STORE.rows(
            shape.dstStride(), epilogue, acc, sumsBytes, strip, bias, addend, dst, i + r, j, jTo);
      }
    }
  }

  /** Row i of C, four panels at a time. */
  private static void singleRow(
      GemmShape shape,
      FloatEpilogue epilogue,
      long row,
      long rowsStep,
      long rhs,
      long bias,
      long addend,
      long dst,
      int i,
      int nFrom,
      int nTo,
      long acc) {
    int k = shape.k();
    long panelBytes = NR_BYTES * shape.depth();
    int j = nFrom;
    while (j < nTo) {
      long panel = rhs + j / NR * panelBytes;
      int panels = 1;
      if (nTo - j > 3 * NR) {
        TILES.wide(row, rowsStep, shape.taps(), k, panel, panelBytes, acc);
        panels = 4;
      } else {
        TILES.four(row, rowsStep, shape.taps(), k, panel, acc);
      }
      int jTo = Math.min(nTo, j + panels * NR);
      STORE.rows(shape.dstStride(), epilogue, acc, NR_BYTES, 1, bias, addend, dst, i, j, jTo);
      j += panels * NR;
    }
  }
}
