package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;

/**
 * Copies a box of elements between two strided layouts: transposes, slices, concatenations,
 * expansions and paddings are all this.
 *
 * <p>If both operands walk the innermost axis contiguously, it is copied in runs. If not, the axis
 * along which the source is closest to contiguous becomes the second innermost, and the two are
 * copied in tiles, so that both sides stay within a few cache lines:
 *
 * <pre>
 * both axes long            16 x 16 elements, in lines along the innermost axis
 * one of up to 8 elements   all of it x 1,024, in lines along the other: images of few channels
 * </pre>
 */
final class StridedCopy {

  private static final int TILE = 16;
  private static final int SHORT = 8;
  private static final int LONG_TILE = 1024;
  private static final int SRC = 0;
  private static final int DST = 1;

  private final Nest nest;
  private final int bytes;
  private final Slot src;
  private final long srcBase;
  private final Slot dst;
  private final long dstBase;

  private StridedCopy(Nest nest, int bytes, Slot src, long srcBase, Slot dst, long dstBase) {
    this.nest = nest;
    this.bytes = bytes;
    this.src = src;
    this.srcBase = srcBase;
    this.dst = dst;
    this.dstBase = dstBase;
  }

  /**
   * Emits the copy of {@code extents} elements; nothing when the box is empty.
   *
   * @param kernel name of the step
   * @param bytes size of an element
   * @param srcBase element the source starts at
   * @param srcStrides in elements
   */
  static void emit(
      Lowering lowering,
      String kernel,
      int bytes,
      long[] extents,
      Slot src,
      long srcBase,
      long[] srcStrides,
      Slot dst,
      long dstBase,
      long[] dstStrides) {
    Nest nest = Nest.of(extents, srcStrides, dstStrides);
    long elements = nest.outer(0);
    if (elements == 0) {
      return;
    }
    if (nest.innerStride(SRC) == 1 && nest.innerStride(DST) == 1) {
      StridedCopy copy = new StridedCopy(nest, bytes, src, srcBase * bytes, dst, dstBase * bytes);
      long work = elements * bytes / 16 + nest.outer(1) * 16;
      lowering.emit(
          new RangeStep(kernel, elements, RangeStep.CACHE_LINE_GRAIN, work, copy::copyRuns));
      return;
    }
    Nest tiled = nest.rank() == 1 ? nest : nest.moveAxis(nearestAxis(nest), nest.rank() - 2);
    StridedCopy copy = new StridedCopy(tiled, bytes, src, srcBase * bytes, dst, dstBase * bytes);
    long units = tiled.outer(2) * copy.rowTiles() * copy.columnTiles();
    lowering.emit(RangeStep.units(kernel, units, elements / units, copy::copyTiles));
  }

  /** The axis but the innermost along which the source advances least. */
  private static int nearestAxis(Nest nest) {
    int best = nest.rank() - 2;
    for (int axis = nest.rank() - 3; axis >= 0; axis--) {
      if (distance(nest, axis) < distance(nest, best)) {
        best = axis;
      }
    }
    return best;
  }

  private static long distance(Nest nest, int axis) {
    long stride = Math.abs(nest.stride(SRC, axis));
    return stride == 0 ? Long.MAX_VALUE : stride;
  }

  private void copyRuns(Frame frame, long from, long to) {
    MemorySegment in = frame.segment(src);
    MemorySegment out = frame.segment(dst);
    long inAt = frame.at(src) + srcBase;
    long outAt = frame.at(dst) + dstBase;
    long inner = nest.inner();
    long run = from / inner;
    long skip = from - run * inner;
    for (long at = from; at < to; run++, skip = 0) {
      long count = Math.min(inner - skip, to - at);
      MemorySegment.copy(
          in,
          inAt + (nest.offset(SRC, run, 1) + skip) * bytes,
          out,
          outAt + (nest.offset(DST, run, 1) + skip) * bytes,
          count * bytes);
      at += count;
    }
  }

  private long rows() {
    return nest.rank() == 1 ? 1 : nest.extent(nest.rank() - 2);
  }

  private long rowTile() {
    return tile(rows(), nest.inner());
  }

  private long columnTile() {
    return tile(nest.inner(), rows());
  }

  private static long tile(long extent, long other) {
    return extent <= SHORT ? extent : other <= SHORT ? LONG_TILE : TILE;
  }

  private long rowTiles() {
    return Math.ceilDiv(rows(), rowTile());
  }

  private long columnTiles() {
    return Math.ceilDiv(nest.inner(), columnTile());
  }

  private void copyTiles(Frame frame, long from, long to) {
    MemorySegment in = frame.segment(src);
    MemorySegment out = frame.segment(dst);
    long inAt = frame.at(src) + srcBase;
    long outAt = frame.at(dst) + dstBase;
    int rowAxis = nest.rank() - 2;
    long inRow = rowAxis < 0 ? 0 : nest.stride(SRC, rowAxis) * bytes;
    long outRow = rowAxis < 0 ? 0 : nest.stride(DST, rowAxis) * bytes;
    long inColumn = nest.innerStride(SRC) * bytes;
    long outColumn = nest.innerStride(DST) * bytes;
    for (long unit = from; unit < to; unit++) {
      long rowUnit = unit / columnTiles();
      long column = (unit - rowUnit * columnTiles()) * columnTile();
      long box = rowUnit / rowTiles();
      long row = (rowUnit - box * rowTiles()) * rowTile();
      int rows = (int) Math.min(rowTile(), rows() - row);
      int columns = (int) Math.min(columnTile(), nest.inner() - column);
      long s = inAt + nest.offset(SRC, box, 2) * bytes + row * inRow + column * inColumn;
      long d = outAt + nest.offset(DST, box, 2) * bytes + row * outRow + column * outColumn;
      if (columns <= SHORT) {
        for (int c = 0; c < columns; c++) {
          line(in, s + c * inColumn, inRow, out, d + c * outColumn, outRow, rows);
        }
      } else {
        for (int r = 0; r < rows; r++) {
          line(in, s + r * inRow, inColumn, out, d + r * outRow, outColumn, columns);
        }
      }
    }
  }

  /** Copies {@code count} elements that lie {@code inStep} and {@code outStep} bytes apart. */
  private void line(
      MemorySegment in, long s, long inStep, MemorySegment out, long d, long outStep, int count) {
    if (bytes == 1) {
      Lines.copyBytes(in, s, inStep, out, d, outStep, count);
    } else if (bytes == 4) {
      Lines.copyWords(in, s, inStep, out, d, outStep, count);
    } else {
      for (int i = 0; i < count; i++) {
        Elements.move(bytes, in, s + i * inStep, out, d + i * outStep);
      }
    }
  }
}
