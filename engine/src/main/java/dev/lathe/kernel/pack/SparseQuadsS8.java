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
    return BlocksS8.lists(shape, nr, KR, CHUNK, 4 + nr * KR * (pairs ? 2 : 1));
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
  private static final class Quads extends BlocksS8 {

    private final SparseQuadsS8 layout;

    Quads(SparseQuadsS8 layout, RhsView rhs) {
      super(rhs, layout.nr, KR);
      this.layout = layout;
    }

    @Override
    public void write(int list, int d, MemorySegment dst, long at) {
      int offset = layout.shape.offset(tap(d), planes(first(d), layout.pairs));
      dst.set(I32, at, Math.multiplyExact(4, offset));
      for (int row = 0; row < rows(list); row++) {
        for (int i = 0; i < KR; i++) {
          int element = row * KR + i;
          if (layout.pairs) {
            dst.set(I16, at + 4 + 2L * element, weight(list, d, row, PAIR_ORDER[i]));
          } else {
            dst.set(I8, at + 4 + element, weight(list, d, row, i));
          }
        }
      }
    }
  }
}
