package dev.lathe.kernel.pack;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SparseLayout;
import java.lang.foreign.MemorySegment;

/**
 * {@link SparseLists} of float32 weights, one per {@code nr} output channels, in the order (tap,
 * channel). An entry says where its input lies in the slab of the shape:
 *
 * <pre>
 * entry    { int32 offset; float32 w[nr] }
 * offset   bytes from the beginning of the slab; an entry is there when one of its w is not zero
 * </pre>
 *
 * @param nr output channels of a list; the last one is padded with zeros
 * @param bytes whether the operand's weights are int8, which become float32 here
 * @param shape whose slab the offsets are for
 */
public record SparseRowsF32(int nr, boolean bytes, SlabShape shape) implements SparseLayout {

  /** Depth of a chunk. */
  public static final int CHUNK = 512;

  @Override
  public String name() {
    return (bytes ? "s8 as f32 sparse " : "f32 sparse ")
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

  /** Where lists and entries lie. */
  public SparseLists lists() {
    int depth = Math.multiplyExact(shape.taps(), shape.k());
    return new SparseLists(Math.ceilDiv(shape.n(), nr), depth, CHUNK, 4 + 4 * nr);
  }

  @Override
  public long bytes(RhsView rhs) {
    return lists().bytes(entries(rhs));
  }

  @Override
  public long entries(RhsView rhs) {
    return lists().entries(new Weights(this, rhs));
  }

  @Override
  public void pack(RhsView rhs, MemorySegment dst) {
    lists().pack(new Weights(this, rhs), dst);
  }

  /** The blocks of an operand, read at once. */
  private static final class Weights implements SparseLists.Blocks {

    private final int nr;
    private final SlabShape shape;
    private final RhsView rhs;
    private final int depth;
    private final float[] columns;

    Weights(SparseRowsF32 layout, RhsView rhs) {
      this.nr = layout.nr;
      this.shape = layout.shape;
      this.rhs = rhs;
      this.depth = Math.multiplyExact(rhs.taps(), rhs.k());
      this.columns = new float[Math.multiplyExact(rhs.n(), depth)];
      byte[] column = new byte[layout.bytes ? depth : 0];
      for (int n = 0; n < rhs.n(); n++) {
        if (layout.bytes) {
          rhs.readColumn(n, column);
          for (int d = 0; d < depth; d++) {
            columns[n * depth + d] = column[d];
          }
        } else {
          rhs.readColumn(n, 0, rhs.k(), columns, n * depth);
        }
      }
    }

    @Override
    public boolean isEmpty(int list, int d) {
      int at = d % rhs.k() * rhs.taps() + d / rhs.k();
      for (int n = list * nr; n < Math.min(rhs.n(), (list + 1) * nr); n++) {
        if (columns[n * depth + at] != 0) {
          return false;
        }
      }
      return true;
    }

    @Override
    public void write(int list, int d, MemorySegment dst, long at) {
      dst.set(I32, at, Math.multiplyExact(4, shape.offset(d / rhs.k(), d % rhs.k())));
      int from = d % rhs.k() * rhs.taps() + d / rhs.k();
      for (int column = 0; column < Math.min(nr, rhs.n() - list * nr); column++) {
        dst.set(F32, at + 4 + 4L * column, columns[(list * nr + column) * depth + from]);
      }
    }
  }
}
