package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SparseLayout;
import dev.lathe.kernel.SpmmF32;
import dev.lathe.kernel.pack.SparseLists;
import dev.lathe.kernel.pack.SparseRowsF32;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * {@link SpmmF32}: the loops round the register tiles of {@link SpmmTilesF32}.
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
  private final SpmmTilesF32 tiles;
  private final StoreF32 store;
  private final Transposer turn;
  private final SlabF32 slabs;
  private final int mr;
  private final long mrBytes;

  /** Where sums begin. */
  private final long zeros;

  /**
   * A kernel of a tier.
   *
   * @param nr output channels that share a list: 1 or 4
   */
  VectorSpmmF32(Isa isa, int nr) {
    this.isa = isa;
    this.nr = nr;
    this.tiles = Specialization.of(VectorSpmmTilesF32.class, isa);
    this.store = Specialization.of(VectorStoreF32.class, isa);
    this.turn = Specialization.of(VectorTransposer.class, isa, Transposer.Kind.EPILOGUE);
    this.slabs = new SlabF32(Specialization.of(VectorTransposer.class, isa, Transposer.Kind.COPY));
    this.mr = tiles.mr();
    this.mrBytes = 4L * mr;
    this.zeros = Arena.global().allocate(nr * mrBytes, 64).address();
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
    return new SparseRowsF32(nr, shape);
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
    SparseLists layout = new SparseRowsF32(nr, shape).lists();
    long weights = Vectors.address(rhs, 0, layout.entriesAt());

    long slabBytes = 4 * shape.slabElements(mr);
    long slab = Scratch.address(slabBytes + (BLOCK + mr / 6) * mrBytes + 64);
    long acc = (slab + slabBytes + 63) & -64L;
    long turned = acc + BLOCK * mrBytes;
    for (int row = rowFrom; row < rowTo; row += shape.blockRows()) {
      int rows = Math.min(shape.blockRows(), rowTo - row);
      slabs.fill(shape, image, slab, row, rows);
      int positions = shape.positions(rows);
      for (int p = 0, count; p < positions; p += count) {
        count = tile(positions - p);
        for (int j = 0; j < n; j += BLOCK) {
          int end = Math.min(n, j + BLOCK);
          sums(layout, weights, slab + 4L * p, count, j, end, acc);
          store(shape, epilogue, acc, turned, row, p, count, bias, d, c, j, end);
        }
      }
    }
  }

  /** Positions of the next tile: two tiles of two thirds cost less than a full one and a third. */
  private int tile(int positions) {
    boolean split = nr == 1 && positions > mr && positions <= mr / 3 * 4;
    return Math.min(positions, split ? mr / 3 * 2 : mr);
  }

  /** The address of [rows][width] elements, rows {@code stride} apart. */
  private static long rows(MemorySegment segment, long at, long stride, long rows, int width) {
    return Vectors.address(segment, at, 4 * ((rows - 1) * stride + width));
  }

  /** {@code acc[n - nFrom][mr]}: the sums of a tile of positions. */
  private void sums(
      SparseLists layout, long weights, long slab, int count, int nFrom, int nTo, long acc) {
    long entries = weights + layout.entriesAt();
    int entryBytes = layout.entryBytes();
    for (int chunk = 0; chunk < layout.chunks(); chunk++) {
      long starts = weights + layout.startAt(chunk, 0);
      for (int j = nFrom; j < nTo; j += nr) {
        long start = (starts + 4L * (j / nr)) & ADDRESS;
        long entry = entries + (long) entryBytes * ALL.get(I32, start);
        long end = entries + (long) entryBytes * ALL.get(I32, start + 4);
        long to = acc + (j - nFrom) * mrBytes;
        if (chunk == 0) {
          list(entry, end, slab, count, zeros, to);
        } else if (entry < end) {
          list(entry, end, slab, count, to, to);
        }
      }
    }
  }

  private void list(long entry, long end, long slab, int count, long from, long acc) {
    if (nr == 4) {
      int positions = mr / 6;
      for (int p = 0; p < count; p += positions) {
        tiles.quad(entry, end, slab + 4L * p, from + 4L * p, acc + 4L * p);
      }
    } else if (count > mr / 3 * 2) {
      tiles.full(entry, end, slab, from, acc);
    } else if (count > mr / 3) {
      tiles.twoThirds(entry, end, slab, from, acc);
    } else {
      tiles.third(entry, end, slab, from, acc);
    }
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
