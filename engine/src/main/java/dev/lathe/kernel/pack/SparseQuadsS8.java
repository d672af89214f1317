package dev.lathe.kernel.pack;

import static dev.lathe.tensor.Tensor.I16;
import static dev.lathe.tensor.Tensor.I32;
import static dev.lathe.tensor.Tensor.I8;

import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SparseLayout;
import java.lang.foreign.MemorySegment;

/**
 * {@link SparseLists} of int8 weights, one per {@code nr} output channels, in the order (tap,
 * quad): an entry is a block of {@code nr} output channels by four consecutive input channels.
 * Within each tap the channels are padded to a multiple of four with zeros. An entry says where the
 * quad of its inputs lies in the slab of the shape:
 *
 * <pre>
 * entry          { int32 offset; w[nr][4] }      there when one of its w is not zero
 * w, quads       int8, channels 0 1 2 3          inputs: a plane per quad
 * w, pairs       int16, channels 0 2 1 3         inputs: planes of channels 0 and 2, and 1 and 3
 * offset         bytes from the beginning of the slab to the quad's first plane
 * </pre>
 *
 * @param nr output channels of a list; the last one is padded with zeros
 * @param pairs whether inputs and weights are widened to pairs of 16 bits
 * @param shape whose slab the offsets are for
 */
public record SparseQuadsS8(int nr, boolean pairs, SlabShape shape) implements SparseLayout {

  /** Consecutive channels that lie side by side. */
  public static final int KR = 4;

  /** Quads of a chunk of the depth. */
  public static final int CHUNK = 64;

  private static final int[] PAIR_ORDER = {0, 2, 1, 3};

  /** Planes that k channels take in a slab. */
  public static int planes(int k, boolean pairs) {
    return Math.ceilDiv(k, KR) * (pairs ? 2 : 1);
  }

  @Override
  public String name() {
    return (pairs ? "s8 as s16 sparse " : "s8 sparse ")
        + nr
        + "x4 [T*K/4/"
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
    int depth = Math.multiplyExact(shape.taps(), Math.ceilDiv(shape.k(), KR));
    int entryBytes = 4 + nr * KR * (pairs ? 2 : 1);
    return new SparseLists(Math.ceilDiv(shape.n(), nr), depth, CHUNK, entryBytes);
  }

  @Override
  public long bytes(RhsView rhs) {
    return lists().bytes(entries(rhs));
  }

  @Override
  public long entries(RhsView rhs) {
    return lists().entries(new Quads(this, rhs));
  }

  @Override
  public void pack(RhsView rhs, MemorySegment dst) {
    lists().pack(new Quads(this, rhs), dst);
  }

  /** The blocks of an operand. */
  private record Quads(SparseQuadsS8 layout, RhsView rhs) implements SparseLists.Blocks {

    @Override
    public boolean isEmpty(int list, int d) {
      int nr = layout.nr;
      for (int n = list * nr; n < Math.min(rhs.n(), (list + 1) * nr); n++) {
        for (int i = 0; i < KR; i++) {
          if (weight(d, i, n) != 0) {
            return false;
          }
        }
      }
      return true;
    }

    @Override
    public void write(int list, int d, MemorySegment dst, long at) {
      int nr = layout.nr;
      int quads = Math.ceilDiv(rhs.k(), KR);
      int offset = layout.shape.offset(d / quads, planes(d % quads * KR, layout.pairs));
      dst.set(I32, at, Math.multiplyExact(4, offset));
      for (int row = 0; row < Math.min(nr, rhs.n() - list * nr); row++) {
        for (int i = 0; i < KR; i++) {
          int element = row * KR + i;
          if (layout.pairs) {
            short w = weight(d, PAIR_ORDER[i], list * nr + row);
            dst.set(I16, at + 4 + 2L * element, w);
          } else {
            dst.set(I8, at + 4 + element, (byte) weight(d, i, list * nr + row));
          }
        }
      }
    }

    /** Of channel i of quad d. */
    private short weight(int d, int i, int n) {
      int quads = Math.ceilDiv(rhs.k(), KR);
      int k = d % quads * KR + i;
      return k < rhs.k() ? rhs.data().get(I8, rhs.index(d / quads, k, n)) : 0;
    }
  }
}
