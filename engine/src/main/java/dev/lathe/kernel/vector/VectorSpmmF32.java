package dev.lathe.kernel.vector;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SparseLayout;
import dev.lathe.kernel.SpmmF32;
import dev.lathe.kernel.pack.SparseLists;
import dev.lathe.kernel.pack.SparseRowsF32;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * {@link SpmmF32}: the loops round the register tiles of {@link SpmmListsF32}.
 *
 * <pre>
 * for a block of output rows          its inputs go to the slab, channels first: L2
 *   for a tile of positions
 *     for a block of output channels  their sums: L1
 *       for a chunk of the depth      the tile's inputs of the chunk: L1
 *         for a list of the block:    its entries, in registers
 *       sums are turned round, channels last, on their way through the epilogue
 * </pre>
 */
final class VectorSpmmF32 implements SpmmF32 {

  /** Output channels of a block. */
  private static final int BLOCK = 64;

  /** Rows of C that are stored side by side: no more than a cache keeps of lines 4 KiB apart. */
  private static final int ROWS = 8;

  private final Isa isa;
  private final int nr;
  private final SpmmListsF32 lists;
  private final StoreF32 store;
  private final Transposer turn;
  private final Slab slabs;
  private final int mr;
  private final long mrBytes;

  /**
   * A kernel of a tier.
   *
   * @param nr output channels that share a list: 1 or 4
   */
  VectorSpmmF32(Isa isa, int nr) {
    this.isa = isa;
    this.nr = nr;
    this.lists = new SpmmListsF32(isa, nr);
    this.store = Specialization.of(VectorStoreF32.class, isa);
    this.turn = Specialization.of(VectorTransposer.class, isa, Transposer.Kind.EPILOGUE);
    this.slabs = Slab.ofFloats(isa);
    this.mr = lists.mr();
    this.mrBytes = 4L * mr;
  }

  @Override
  public KernelName name() {
    return KernelName.of("f32", "spmm", mr, nr, isa);
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
  public SparseLayout rhsLayout(SlabShape shape) {
    return new SparseRowsF32(nr, false, shape);
  }

  @Override
  public void run(
      SlabShape shape,
      FloatEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo) {
    int n = shape.n();
    int pixels = rowTo * shape.width().out();
    if (rowFrom >= rowTo || pixels == 0 || n == 0) {
      return;
    }
    int inputs = shape.height().in() * shape.width().in();
    long image = rows(lhs, lhsAt, shape.lhsStride(), inputs, shape.k());
    long c = rows(dst, dstAt, shape.dstStride(), pixels, n);
    long d = addend == null ? 0 : rows(addend, addendAt, epilogue.addendStride(), pixels, n);
    long bias = epilogue.bias() == null ? 0 : Vectors.address(epilogue.bias(), 0, 4L * n);
    SparseLists layout = new SparseRowsF32(nr, false, shape).lists();
    long weights = Vectors.address(rhs, 0, layout.entriesAt());

    long slabBytes = 4 * shape.slabElements(mr);
    long slab = Scratch.address(slabBytes + (BLOCK + mr / 6) * mrBytes + 64);
    long acc = (slab + slabBytes + 63) & -64L;
    long turned = acc + BLOCK * mrBytes;
    for (int row = rowFrom; row < rowTo; row += shape.blockRows()) {
      int rows = Math.min(shape.blockRows(), rowTo - row);
      slabs.fill(shape, image, 0f, 0, slab, row, rows);
      int positions = shape.positions(rows);
      for (int p = 0, count; p < positions; p += count) {
        count = lists.tile(positions - p);
        for (int j = 0; j < n; j += BLOCK) {
          int end = Math.min(n, j + BLOCK);
          for (int chunk = 0; chunk < layout.chunks(); chunk++) {
            lists.add(layout, weights, chunk, chunk == 0, slab + 4L * p, count, j, end, acc);
          }
          store(shape, epilogue, acc, turned, row, p, count, bias, d, c, j, end);
        }
      }
    }
  }

  /** The address of [rows][width] elements, rows {@code stride} apart. */
  private static long rows(MemorySegment segment, long at, long stride, long rows, int width) {
    return Vectors.address(segment, at, 4 * ((rows - 1) * stride + width));
  }

  /** Stores the positions that are outputs, run by run: [p, p + count) of the tile. */
  private void store(
      SlabShape shape,
      FloatEpilogue epilogue,
      long acc,
      long turned,
      int row,
      int position,
      int count,
      long bias,
      long addend,
      long dst,
      int nFrom,
      int nTo) {
    int pitch = shape.pitch();
    int width = shape.width().out();
    for (int p = 0; p < count; ) {
      int column = (position + p) % pitch;
      int pixel = (row + (position + p) / pitch) * width + column;
      int run = pitch == width ? count : Math.min(count - p, width - column);
      int pairs = Math.max(0, run) & ~1;
      for (int q = 0; q < pairs; q += ROWS) {
        int rows = Math.min(ROWS, pairs - q);
        strips(shape, epilogue, acc + 4L * (p + q), pixel + q, rows, bias, addend, dst, nFrom, nTo);
      }
      long from = acc + 4L * p;
      int whole = nFrom + (nTo - nFrom) / turn.rows() * turn.rows();
      if (whole < nTo && pairs > 0) {
        long tail = from + (whole - nFrom) * mrBytes;
        rest(shape, epilogue, tail, turned, pixel, pairs, bias, addend, dst, whole, nTo);
      }
      if (pairs < run) {
        long last = from + 4L * pairs;
        rest(shape, epilogue, last, turned, pixel + pairs, 1, bias, addend, dst, nFrom, nTo);
      }
      p += pitch == width ? count : Math.min(count - p, pitch - column);
    }
  }

  /** Stores an even number of positions of the channels that fill strips. */
  private void strips(
      SlabShape shape,
      FloatEpilogue epilogue,
      long acc,
      int pixel,
      int positions,
      long bias,
      long addend,
      long dst,
      int nFrom,
      int nTo) {
    long dstStep = 4 * shape.dstStride();
    long addendStep = 4 * epilogue.addendStride();
    for (int j = nFrom; j + turn.rows() <= nTo; j += turn.rows()) {
      turn.strip(
          epilogue,
          acc + (j - nFrom) * mrBytes,
          mrBytes,
          positions,
          bias == 0 ? 0 : bias + 4L * j,
          addend == 0 ? 0 : addend + pixel * addendStep + 4L * j,
          addendStep,
          dst + pixel * dstStep + 4L * j,
          dstStep);
    }
  }

  /** Stores {@code count} positions of channels that fill no strip, or a single position. */
  private void rest(
      SlabShape shape,
      FloatEpilogue epilogue,
      long acc,
      long turned,
      int pixel,
      int count,
      long bias,
      long addend,
      long dst,
      int nFrom,
      int nTo) {
    int columns = mr / 6;
    long rowBytes = 4L * columns;
    for (int j = nFrom; j < nTo; j += columns) {
      int end = Math.min(nTo, j + columns);
      for (int c = 0; j + c < end; c += turn.rows()) {
        long from = acc + (j + c - nFrom) * mrBytes;
        turn.strip(from, mrBytes, (count + 1) & ~1, turned + 4L * c, rowBytes);
      }
      store.rows(
          shape.dstStride(), epilogue, turned, rowBytes, count, bias, addend, dst, pixel, j, end);
    }
  }
}
