package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.tensor.Tensor.I64;

import dev.lathe.kernel.GemmShape;

/**
 * The rows of a block of a uint8 left operand as float32, and the table of their addresses that the
 * tiles take: int64 [taps][rows of the block + {@value #SPARE_ROWS}]. A tile that reaches past the
 * block's last row finds that row again.
 *
 * <p>Neighbouring taps of a convolution share most of their rows: where the block's rows lie closer
 * together than they are long in sum, everything from the first to the last is widened once.
 */
final class WidenedRows {

  /** Entries of the table past the last row. */
  private static final int SPARE_ROWS = 8;

  /** Elements that widening may write past the last. */
  private static final int SPARE_ELEMENTS = 16;

  private WidenedRows() {}

  /** Bytes of the elements of a block, the zero row included. */
  static long elementBytes(GemmShape shape, int block) {
    return 4 * ((long) block * shape.depth() + shape.k() + 2 * SPARE_ELEMENTS);
  }

  /** Bytes of the table's part for one tap. */
  static long tapBytes(int block) {
    return 8L * (block + SPARE_ROWS);
  }

  /**
   * Widens rows [from, from + count) and fills the table.
   *
   * @param lhs address of the operand
   * @param lhsBytes bytes from there to the operand's end
   * @param zeroRow address of k bytes, or 0 without padding
   * @param table where the table goes
   * @param step bytes of the table's part for one tap
   * @param elements where the elements go
   */
  static void write(
      StagesU8S8 stages,
      GemmShape shape,
      long lhs,
      long lhsBytes,
      long zeroRow,
      int from,
      int count,
      long table,
      long step,
      long elements) {
    if (zeroRow != 0) {
      stages.widen(zeroRow, elements, shape.k());
    }
    long rows = elements + 4L * (shape.k() + SPARE_ELEMENTS);
    if (shape.rowOffsets() == null) {
      consecutive(stages, shape, lhs, lhsBytes, from, count, table, step, rows);
      return;
    }
    long limit = lhsBytes - shape.k();
    long first = Long.MAX_VALUE;
    long last = 0;
    for (int t = 0; t < shape.taps(); t++) {
      for (int r = 0; r < count; r++) {
        long offset = shape.rowOffset(t, from + r);
        if (offset < 0 ? zeroRow == 0 : offset > limit) {
          throw outside(t, from + r, offset);
        }
        if (offset >= 0) {
          first = Math.min(first, offset);
          last = Math.max(last, offset);
        }
      }
    }
    long span = first > last ? 0 : last + shape.k() - first;
    boolean together = span <= (long) count * shape.depth();
    if (together) {
      stages.widen(lhs + first, rows, span);
    }
    long next = rows;
    for (int t = 0; t < shape.taps(); t++) {
      long at = table + t * step;
      long address = elements;
      for (int r = 0; r < count; r++, at += 8) {
        long offset = shape.rowOffset(t, from + r);
        if (offset < 0) {
          address = elements;
        } else if (together) {
          address = rows + 4 * (offset - first);
        } else {
          stages.widen(lhs + offset, next, shape.k());
          address = next;
          next += 4L * shape.k();
        }
        ALL.set(I64, at & ADDRESS, address);
      }
      repeat(address, at);
    }
  }

  /** Rows of all taps one after the other, at a constant distance. */
  private static void consecutive(
      StagesU8S8 stages,
      GemmShape shape,
      long lhs,
      long lhsBytes,
      int from,
      int count,
      long table,
      long step,
      long rows) {
    int depth = shape.depth();
    long end = (from + count - 1) * shape.lhsStride() + depth;
    if (from < 0 || end > lhsBytes) {
      throw outside(0, from + count - 1, end - depth);
    }
    long src = lhs + from * shape.lhsStride();
    if (shape.lhsStride() == depth) {
      stages.widen(src, rows, (long) count * depth);
    } else {
      for (int r = 0; r < count; r++) {
        stages.widen(src + r * shape.lhsStride(), rows + 4L * r * depth, depth);
      }
    }
    for (int t = 0; t < shape.taps(); t++) {
      long at = table + t * step;
      long address = rows + 4L * t * shape.k();
      for (int r = 0; r < count; r++, at += 8) {
        ALL.set(I64, at & ADDRESS, address);
        address += 4L * depth;
      }
      repeat(address - 4L * depth, at);
    }
  }

  private static void repeat(long address, long at) {
    for (int r = 0; r < SPARE_ROWS; r++) {
      ALL.set(I64, (at + 8L * r) & ADDRESS, address);
    }
  }

  private static IndexOutOfBoundsException outside(int tap, int row, long offset) {
    return new IndexOutOfBoundsException(
        "row " + row + " of tap " + tap + " at element " + offset + " leaves the operand");
  }
}
