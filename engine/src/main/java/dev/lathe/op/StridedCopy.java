package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Copies a box of elements between two strided layouts: transposes, slices, concatenations,
 * expansions and paddings are all this.
 *
 * <p>If both operands walk the innermost axis contiguously, it is copied in runs. If not, the axis
 * along which the source is closest to contiguous becomes the second innermost, and the two are
 * copied in square tiles, so that both sides stay within a few cache lines.
 */
final class StridedCopy {

  private static final int TILE = 16;
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
    long units = tiled.outer(2) * copy.rowTiles();
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

  private long rowTiles() {
    return Math.ceilDiv(rows(), TILE);
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
      long box = unit / rowTiles();
      long row = (unit - box * rowTiles()) * TILE;
      long rows = Math.min(TILE, rows() - row);
      long s = inAt + nest.offset(SRC, box, 2) * bytes + row * inRow;
      long d = outAt + nest.offset(DST, box, 2) * bytes + row * outRow;
      for (long column = 0; column < nest.inner(); column += TILE) {
        long columns = Math.min(TILE, nest.inner() - column);
        if (bytes == 4) {
          copyWords(in, s, inRow, inColumn, out, d, outRow, outColumn, rows, columns);
        } else {
          copyTile(in, s, inRow, inColumn, out, d, outRow, outColumn, rows, columns);
        }
        s += columns * inColumn;
        d += columns * outColumn;
      }
    }
  }

  private static void copyWords(
      MemorySegment in,
      long s,
      long inRow,
      long inColumn,
      MemorySegment out,
      long d,
      long outRow,
      long outColumn,
      long rows,
      long columns) {
    for (long r = 0; r < rows; r++) {
      for (long c = 0; c < columns; c++) {
        out.set(
            Tensor.I32,
            d + r * outRow + c * outColumn,
            in.get(Tensor.I32, s + r * inRow + c * inColumn));
      }
    }
  }

  private void copyTile(
      MemorySegment in,
      long s,
      long inRow,
      long inColumn,
      MemorySegment out,
      long d,
      long outRow,
      long outColumn,
      long rows,
      long columns) {
    for (long r = 0; r < rows; r++) {
      for (long c = 0; c < columns; c++) {
        Elements.move(bytes, in, s + r * inRow + c * inColumn, out, d + r * outRow + c * outColumn);
      }
    }
  }
}
