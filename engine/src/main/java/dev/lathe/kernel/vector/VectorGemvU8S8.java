package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.IntegerEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.StoreInt32;
import dev.lathe.kernel.pack.QuadsS8;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link GemmU8S8} for few rows, where reading the weights takes the time: they stay bytes in
 * memory, and are made float32 in registers.
 *
 * <pre>
 * for four rows              widened to float32 once, the taps of a row in one line; where fewer
 *                            are left, the last again
 *   for a panel of nr columns = four vectors
 *     for a chunk of the depth: acc = A * B in registers ({@link GemvTilesS8}), sum += acc
 *     requantize, store bytes
 * range: a chunk has at most 512 steps of at most 255 * 128: integers up to 2^24, exact in float32
 * </pre>
 *
 * <p>Zero points z of the weights stay out of the tiles: sums begin with {@code -z * (sum of the
 * row of A)}.
 */
final class VectorGemvU8S8 implements GemmU8S8 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final GemvTilesS8 TILES = Specialization.of(VectorGemvTilesS8.class, ISA);
  private static final StagesU8S8 STAGES = Specialization.of(VectorStagesU8S8.class, ISA);
  private static final QuadsS8 LAYOUT = new QuadsS8();
  private static final int LANES = Vectors.floats(ISA).length();
  private static final int MR = 4;
  private static final int NR = 4 * LANES;

  /** Columns of a row of a tile, as the stages take it. */
  private static final int HALF = 2 * LANES;

  private static final long HALF_BYTES = 4L * HALF;

  /** Steps that are exact in float32. */
  private static final int EXACT_STEPS = 512;

  /** The sums of one tile: [4][2 vectors], of one row [4 vectors]. */
  private static final long TILE_BYTES = MR * HALF_BYTES;

  /** The sums of four rows of A. */
  private static final long ROW_BYTES = 64;

  /** Elements that widening may write past the last. */
  private static final int SPARE_ELEMENTS = 16;

  @Override
  public KernelName name() {
    return new KernelName("u8s8", "brgemv", MR + "x" + NR + "c" + QuadsS8.KR, ISA);
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
    return 2 * TILE_BYTES + ROW_BYTES + MR * rowBytes(shape);
  }

  /** Steps of a row: each tap's k padded to whole quads, as the weights are. */
  private static int steps(GemmShape shape) {
    return Math.multiplyExact(shape.taps(), Math.ceilDiv(shape.k(), QuadsS8.KR) * QuadsS8.KR);
  }

  private static long rowBytes(GemmShape shape) {
    return 4 * ((long) steps(shape) + SPARE_ELEMENTS);
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
    int dstBytes = epilogue.dstBytes();
    long c = Vectors.address(dst, dstAt, dstBytes * ((mTo - 1) * shape.dstStride() + nTo));
    long d = 0;
    long residualStride = 0;
    if (epilogue instanceof Requantize requantize) {
      Vectors.address(requantize.scale(), 0, columnBytes);
      Requantize.Addend plus = requantize.addend();
      if (plus != null && addend != null) {
        residualStride = plus.stride();
        d = Vectors.address(addend, addendAt, (mTo - 1) * residualStride + nTo);
      }
    }
    long work = Vectors.address(scratch, scratchAt, scratchBytes(shape));
    long rowSums = work + 2 * TILE_BYTES;
    long rows = rowSums + ROW_BYTES;
    for (int i = mFrom; i < mTo; i += MR) {
      int count = Math.min(MR, mTo - i);
      for (int r = 0; r < (count == 1 ? 1 : MR); r++) {
        int row = Math.min(i + r, mTo - 1);
        long to = rows + r * rowBytes(shape);
        widen(shape, a, lhs.byteSize() - lhsAt, padding, row, to);
        if (zeros != 0) {
          ALL.set(I32, (rowSums + 4L * r) & ADDRESS, STAGES.sum(to, steps(shape)));
        }
      }
      long to = c + (long) dstBytes * i * shape.dstStride();
      long residual = d == 0 ? 0 : d + i * residualStride;
      for (int j = nFrom; j < nTo; j += NR) {
        if (count == 1) {
          row(shape, epilogue, rows, b, zeros, rowSums, residual, to, j, nTo, work);
        } else {
          rows(shape, epilogue, rows, count, b, zeros, rowSums, residual, to, j, nTo, work);
        }
      }
    }
  }

  /** Widens the taps of row i, in whole quads. */
  private static void widen(
      GemmShape shape, long lhs, long lhsBytes, long zeroRow, int i, long to) {
    long tapBytes = 4L * Math.ceilDiv(shape.k(), QuadsS8.KR) * QuadsS8.KR;
    for (int t = 0; t < shape.taps(); t++) {
      long offset = shape.rowOffset(t, i);
      if (offset < 0 ? zeroRow == 0 : offset > lhsBytes - shape.k()) {
        throw new IndexOutOfBoundsException(
            "row " + i + " of tap " + t + " at element " + offset + " leaves the operand");
      }
      STAGES.widen(offset < 0 ? zeroRow : lhs + offset, to + t * tapBytes, shape.k());
    }
  }

  /** Column j's quads; those of column {@code instead} when there is no column j. */
  private static long quads(GemmShape shape, long rhs, int j, int instead) {
    boolean packed = j < Math.ceilDiv(shape.n(), QuadsS8.NR) * QuadsS8.NR;
    return rhs + QuadsS8.index(shape.taps(), shape.k(), 0, 0, packed ? j : instead);
  }

  /** Columns [j, j + nr) of one row. */
  private static void row(
      GemmShape shape,
      IntegerEpilogue epilogue,
      long a,
      long rhs,
      long zeroPoints,
      long rowSums,
      long addend,
      long dst,
      int j,
      int nTo,
      long work) {
    long sums = work + TILE_BYTES;
    long b0 = quads(shape, rhs, j, j);
    long b1 = quads(shape, rhs, j + LANES, j);
    long b2 = quads(shape, rhs, j + 2 * LANES, j);
    long b3 = quads(shape, rhs, j + 3 * LANES, j);
    boolean begun = zeroPoints != 0;
    for (int v = 0; begun && v < 2; v++) {
      int column = j + v * HALF;
      STAGES.begin(rowSums, zeroPoints + 4L * column, 1, nTo - column, sums + v * HALF_BYTES);
    }
    int steps = steps(shape);
    for (int p = 0; p == 0 || p < steps; p += EXACT_STEPS) {
      int depth = Math.min(EXACT_STEPS, steps - p);
      long at = (long) p * QuadsS8.NR;
      TILES.row(a + 4L * p, b0 + at, b1 + at, b2 + at, b3 + at, depth, work);
      if (p + depth < steps) {
        STAGES.flush(work, sums, 2, !begun);
        begun = true;
      }
    }
    for (int column = j, v = 0; v < 2; v++, column += HALF) {
      long half = v * HALF_BYTES;
      long before = begun ? sums + half : 0;
      store(shape, epilogue, work + half, before, 1, nTo - column, addend, dst, column);
    }
  }

  /** Columns [j, j + nr) of up to four rows. */
  private static void rows(
      GemmShape shape,
      IntegerEpilogue epilogue,
      long a,
      int count,
      long rhs,
      long zeroPoints,
      long rowSums,
      long addend,
      long dst,
      int j,
      int nTo,
      long work) {
    long sums = work + TILE_BYTES;
    int steps = steps(shape);
    for (int column = j; column < Math.min(nTo, j + NR); column += HALF) {
      long b0 = quads(shape, rhs, column, j);
      long b1 = quads(shape, rhs, column + LANES, j);
      boolean begun = zeroPoints != 0;
      if (begun) {
        STAGES.begin(rowSums, zeroPoints + 4L * column, count, nTo - column, sums);
      }
      for (int p = 0; p == 0 || p < steps; p += EXACT_STEPS) {
        int depth = Math.min(EXACT_STEPS, steps - p);
        long at = (long) p * QuadsS8.NR;
        TILES.rows(a + 4L * p, rowBytes(shape), b0 + at, b1 + at, depth, work);
        if (p + depth < steps) {
          STAGES.flush(work, sums, count, !begun);
          begun = true;
        }
      }
      store(shape, epilogue, work, begun ? sums : 0, count, nTo - column, addend, dst, column);
    }
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
      int j) {
    long bias = epilogue.bias().address() + 4L * j;
    long to = dst + (long) epilogue.dstBytes() * j;
    switch (epilogue) {
      case StoreInt32 store ->
          STAGES.storeSums(acc, sum, rows, columns, bias, to, shape.dstStride());
      case Requantize requantize -> {
        long scale = requantize.scale().address() + 4L * j;
        long more = addend == 0 ? 0 : addend + j;
        STAGES.store(requantize, acc, sum, rows, columns, bias, scale, more, to, shape.dstStride());
      }
    }
  }
}
