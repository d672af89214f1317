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
 * @param shape whose slab the offsets are for
 */
public record SparseRowsF32(int nr, SlabShape shape) implements SparseLayout {

  /** Depth of a chunk. */
  public static final int CHUNK = 512;

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
    return lists().entries(new Weights(nr, shape, rhs));
  }

  @Override
  public void pack(RhsView rhs, MemorySegment dst) {
    lists().pack(new Weights(nr, shape, rhs), dst);
  }

  /** The blocks of an operand. */
  private record Weights(int nr, SlabShape shape, RhsView rhs) implements SparseLists.Blocks {

    @Override
    public boolean isEmpty(int list, int d) {
      for (int n = list * nr; n < Math.min(rhs.n(), (list + 1) * nr); n++) {
        if (weight(d, n) != 0) {
          return false;
        }
      }
      return true;
    }

    @Override
    public void write(int list, int d, MemorySegment dst, long at) {
      dst.set(I32, at, Math.multiplyExact(4, shape.offset(d / rhs.k(), d % rhs.k())));
      for (int column = 0; column < Math.min(nr, rhs.n() - list * nr); column++) {
        dst.set(F32, at + 4 + 4L * column, weight(d, list * nr + column));
      }
    }

    private float weight(int d, int n) {
      return rhs.data().get(F32, 4 * rhs.index(d / rhs.k(), d % rhs.k(), n));
    }
  }
}
