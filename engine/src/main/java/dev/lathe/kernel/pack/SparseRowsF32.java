package dev.lathe.kernel.pack;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.kernel.OperandLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SlabShape;
import java.lang.foreign.MemorySegment;

/**
 * Lists of the weights that are not zero, one list per {@code nr} output channels and chunk of the
 * depth, in the order (tap, channel). An entry says where its input lies in the slab of the shape:
 *
 * <pre>
 * int32 starts[chunks][lists + 1]                        the entries of a list: [start, next start)
 * { int32 offset; float32 w[nr] } entries[]              from the next multiple of 64 bytes on
 * offset   bytes from the first channel of the slab; an entry is there when one of its w is not zero
 * chunks   of {@value #CHUNK} of the depth (t * K + k): what a tile reads of them fits the L1 cache
 * </pre>
 *
 * @param nr output channels of a list; the last one is padded with zeros
 * @param shape whose slab the offsets are for
 */
public record SparseRowsF32(int nr, SlabShape shape) implements OperandLayout {

  /** Depth of a chunk. */
  public static final int CHUNK = 512;

  private static final long LINE = 64;

  @Override
  public String name() {
    return "f32 sparse "
        + nr
        + " [D/"
        + CHUNK
        + "][N/"
        + nr
        + "] for "
        + shape.height()
        + shape.width()
        + shape.blockRows();
  }

  /** Lists of a chunk. */
  public int lists() {
    return Math.ceilDiv(shape.n(), nr);
  }

  public int chunks() {
    return Math.ceilDiv(Math.multiplyExact(shape.taps(), shape.k()), CHUNK);
  }

  /** Bytes of an entry. */
  public int entryBytes() {
    return 4 + 4 * nr;
  }

  /** Where the entries begin. */
  public long entriesAt() {
    return Math.ceilDiv(4L * chunks() * (lists() + 1), LINE) * LINE;
  }

  /** Where the start of a list is. */
  public long startAt(int chunk, int list) {
    return 4L * ((long) chunk * (lists() + 1) + list);
  }

  @Override
  public long bytes(RhsView rhs) {
    return Math.ceilDiv(entriesAt() + entries(rhs, nr) * entryBytes(), LINE) * LINE;
  }

  /** How many entries an operand has in lists of {@code nr} output channels. */
  public static long entries(RhsView rhs, int nr) {
    long entries = 0;
    for (int n = 0; n < rhs.n(); n += nr) {
      for (int t = 0; t < rhs.taps(); t++) {
        for (int k = 0; k < rhs.k(); k++) {
          entries += isEmpty(rhs, t, k, n, Math.min(nr, rhs.n() - n)) ? 0 : 1;
        }
      }
    }
    return entries;
  }

  @Override
  public void pack(RhsView rhs, MemorySegment dst) {
    int depth = rhs.taps() * rhs.k();
    int entry = 0;
    dst.fill((byte) 0);
    for (int chunk = 0; chunk < chunks(); chunk++) {
      int end = Math.min(depth, (chunk + 1) * CHUNK);
      for (int list = 0; list < lists(); list++) {
        dst.set(I32, startAt(chunk, list), entry);
        int columns = Math.min(nr, rhs.n() - list * nr);
        for (int d = chunk * CHUNK; d < end; d++) {
          int t = d / rhs.k();
          int k = d % rhs.k();
          if (!isEmpty(rhs, t, k, list * nr, columns)) {
            long at = entriesAt() + (long) entry++ * entryBytes();
            dst.set(I32, at, Math.multiplyExact(4, shape.offset(t, k)));
            for (int column = 0; column < columns; column++) {
              dst.set(F32, at + 4 + 4L * column, weight(rhs, t, k, list * nr + column));
            }
          }
        }
      }
      dst.set(I32, startAt(chunk, lists()), entry);
    }
  }

  private static boolean isEmpty(RhsView rhs, int t, int k, int n, int columns) {
    for (int column = 0; column < columns; column++) {
      if (weight(rhs, t, k, n + column) != 0) {
        return false;
      }
    }
    return true;
  }

  private static float weight(RhsView rhs, int t, int k, int n) {
    return rhs.data().get(F32, 4 * rhs.index(t, k, n));
  }
}
