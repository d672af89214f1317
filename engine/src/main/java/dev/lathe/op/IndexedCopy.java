package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;

/**
 * Copies elements whose position in the source is a sum of one table entry per axis: {@code dst[i,
 * j, ...] = src[maps[0][i] + maps[1][j] + ...]}. Stretches of the innermost axis that are
 * contiguous in the source are copied in runs.
 */
final class IndexedCopy implements RangeStep.Body {

  private final int bytes;
  private final Slot src;
  private final long[][] maps;
  private final Slot dst;

  private IndexedCopy(int bytes, Slot src, long[][] maps, Slot dst) {
    this.bytes = bytes;
    this.src = src;
    this.maps = maps;
    this.dst = dst;
  }

  /**
   * Emits the copy.
   *
   * @param maps byte offsets per axis and output index
   */
  static void emit(Lowering lowering, String kernel, int bytes, Slot src, long[][] maps, Slot dst) {
    long rows = 1;
    for (int axis = 0; axis < maps.length - 1; axis++) {
      rows *= maps[axis].length;
    }
    IndexedCopy copy = new IndexedCopy(bytes, src, maps, dst);
    lowering.emit(RangeStep.units(kernel, rows, copy.innermost().length, copy));
  }

  private long[] innermost() {
    return maps[maps.length - 1];
  }

  @Override
  public void run(Frame frame, long from, long to) {
    MemorySegment in = frame.segment(src);
    MemorySegment out = frame.segment(dst);
    long[] columns = innermost();
    for (long row = from; row < to; row++) {
      long base = frame.at(src) + rowOffset(row);
      long d = frame.at(dst) + row * columns.length * bytes;
      for (int column = 0; column < columns.length; ) {
        int run = run(columns, column);
        MemorySegment.copy(
            in, base + columns[column], out, d + (long) column * bytes, (long) run * bytes);
        column += run;
      }
    }
  }

  private long rowOffset(long row) {
    long offset = 0;
    for (int axis = maps.length - 2; axis >= 0; axis--) {
      long rest = row / maps[axis].length;
      offset += maps[axis][(int) (row - rest * maps[axis].length)];
      row = rest;
    }
    return offset;
  }

  private int run(long[] columns, int from) {
    int end = from + 1;
    while (end < columns.length && columns[end] == columns[end - 1] + bytes) {
      end++;
    }
    return end - from;
  }
}
