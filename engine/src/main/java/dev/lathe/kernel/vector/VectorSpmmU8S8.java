package dev.lathe.kernel.vector;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.IntegerEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SparseLayout;
import dev.lathe.kernel.SpmmU8S8;
import dev.lathe.kernel.StoreInt32;
import dev.lathe.kernel.pack.SparseLists;
import dev.lathe.kernel.pack.SparseRowsF32;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * {@link SpmmU8S8} on the fp32 register tiles of {@link SpmmListsF32}, as {@link VectorGemmU8S8} is
 * on those of the dense product: one weight at a time may be left out.
 *
 * <pre>
 * for a block of output rows          its inputs go to the slab as float32, channels first: L2
 *   for a tile of positions
 *     for a block of output channels
 *       for a chunk of the depth      float32 sums: L1
 *         unless it is the last:      int32 sums += float32 sums
 *       both sums are turned round, channels last, added and requantized
 * range: a chunk has at most 512 steps of at most 255 * 128, less than 2^24: exact in float32
 * </pre>
 */
final class VectorSpmmU8S8 implements SpmmU8S8 {

  /** Output channels of a block, a multiple of the columns that are stored at a time. */
  private static final int BLOCK = 64;

  private final Isa isa;
  private final int nr;
  private final SpmmListsF32 lists;
  private final StagesU8S8 stages;
  private final Transposer turn;
  private final Slab slabs;
  private final int mr;
  private final long mrBytes;

  /** Columns that are stored at a time. */
  private final int columns;

  /**
   * A kernel of a tier.
   *
   * @param nr output channels that share a list: 1 or 4
   */
  VectorSpmmU8S8(Isa isa, int nr) {
    this.isa = isa;
    this.nr = nr;
    this.lists = new SpmmListsF32(isa, nr);
    this.stages = Specialization.of(VectorStagesU8S8.class, isa);
    this.turn = Specialization.of(VectorTransposer.class, isa, Transposer.Kind.COPY);
    this.slabs = Slab.ofBytes(isa, stages);
    this.mr = lists.mr();
    this.mrBytes = 4L * mr;
    this.columns = mr / 6;
  }

  @Override
  public KernelName name() {
    return KernelName.of("u8s8", "spmm", mr, nr, isa);
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
    return k;
  }

  @Override
  public SparseLayout rhsLayout(SlabShape shape) {
    return new SparseRowsF32(nr, true, shape);
  }

  @Override
  public long scratchBytes(SlabShape shape) {
    return 4 * shape.slabElements(mr) + 2 * (BLOCK * mrBytes + turnedBytes()) + slabs.workBytes();
  }

  /** Bytes of a tile turned round, of which one column more is written when its count is odd. */
  private long turnedBytes() {
    return (mr + 1) * 4L * columns;
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
    int n = shape.n();
    int pixels = rowTo * shape.width().out();
    if (rowFrom >= rowTo || pixels == 0 || n == 0) {
      return;
    }
    int inputs = shape.height().in() * shape.width().in();
    long image = Vectors.address(lhs, lhsAt, (inputs - 1) * shape.lhsStride() + shape.k());
    long dstBytes = epilogue.dstBytes() * ((pixels - 1) * shape.dstStride() + n);
    long c = Vectors.address(dst, dstAt, dstBytes);
    long columnBytes = 4L * Math.ceilDiv(n, 16) * 16;
    Vectors.address(epilogue.bias(), 0, columnBytes);
    long d = 0;
    if (epilogue instanceof Requantize requantize) {
      Vectors.address(requantize.scale(), 0, columnBytes);
      Requantize.Addend plus = requantize.addend();
      if (plus != null && addend != null) {
        d = Vectors.address(addend, addendAt, (pixels - 1) * plus.stride() + n);
      }
    }
    SparseLists layout = new SparseRowsF32(nr, true, shape).lists();
    long weights = Vectors.address(rhs, 0, layout.entriesAt());

    long acc = Vectors.address(scratch, scratchAt, scratchBytes(shape));
    long sums = acc + BLOCK * mrBytes;
    long turned = sums + BLOCK * mrBytes;
    long work = turned + 2 * turnedBytes();
    long slab = work + slabs.workBytes();
    for (int row = rowFrom; row < rowTo; row += shape.blockRows()) {
      int rows = Math.min(shape.blockRows(), rowTo - row);
      slabs.fill(shape, image, lhsZeroPoint, work, slab, row, rows);
      int positions = shape.positions(rows);
      for (int p = 0, count; p < positions; p += count) {
        count = lists.tile(positions - p);
        for (int j = 0; j < n; j += BLOCK) {
          int end = Math.min(n, j + BLOCK);
          int last = layout.chunks() - 1;
          for (int chunk = 0; chunk <= last; chunk++) {
            lists.add(layout, weights, chunk, true, slab + 4L * p, count, j, end, acc);
            if (chunk < last) {
              stages.flush(acc, sums, (end - j) * mr / columns, chunk == 0);
            }
          }
          long before = last == 0 ? 0 : sums;
          store(shape, epilogue, acc, before, turned, row, p, count, d, c, j, end);
        }
      }
    }
  }

  /** Stores the positions that are outputs, run by run: [p, p + count) of the tile. */
  private void store(
      SlabShape shape,
      IntegerEpilogue epilogue,
      long acc,
      long sums,
      long turned,
      int row,
      int position,
      int count,
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
      if (run > 0) {
        long at = 4L * p;
        long before = sums == 0 ? 0 : sums + at;
        run(shape, epilogue, acc + at, before, turned, pixel, run, addend, dst, nFrom, nTo);
      }
      p += pitch == width ? count : Math.min(count - p, pitch - column);
    }
  }

  /**
   * Stores {@code count} outputs from {@code pixel} on.
   *
   * @param acc float32 sums of the last chunk
   * @param sums int32 sums of those before, or 0 when there were none
   */
  private void run(
      SlabShape shape,
      IntegerEpilogue epilogue,
      long acc,
      long sums,
      long turned,
      int pixel,
      int count,
      long addend,
      long dst,
      int nFrom,
      int nTo) {
    long rowBytes = 4L * columns;
    for (int j = nFrom; j < nTo; j += columns) {
      int end = Math.min(columns, nTo - j);
      long sum = sums == 0 ? 0 : turned + turnedBytes();
      for (int c = 0; c < end; c += turn.rows()) {
        long from = (j + c - nFrom) * mrBytes;
        turn.strip(acc + from, mrBytes, (count + 1) & ~1, turned + 4L * c, rowBytes);
        if (sum != 0) {
          turn.strip(sums + from, mrBytes, (count + 1) & ~1, sum + 4L * c, rowBytes);
        }
      }
      long bias = epilogue.bias().address() + 4L * j;
      long to = dst + epilogue.dstBytes() * (pixel * shape.dstStride() + j);
      switch (epilogue) {
        case StoreInt32 store ->
            stages.storeSums(turned, sum, count, nTo - j, bias, to, shape.dstStride());
        case Requantize requantize -> {
          Requantize.Addend plus = requantize.addend();
          long more = addend == 0 || plus == null ? 0 : addend + pixel * plus.stride() + j;
          long scale = requantize.scale().address() + 4L * j;
          stages.store(
              requantize, turned, sum, count, nTo - j, bias, scale, more, to, shape.dstStride());
        }
      }
    }
  }
}
