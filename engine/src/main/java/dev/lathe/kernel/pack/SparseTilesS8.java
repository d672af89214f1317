package dev.lathe.kernel.pack;

import static dev.lathe.tensor.Tensor.I32;
import static dev.lathe.tensor.Tensor.I8;

import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SparseLayout;
import java.lang.foreign.MemorySegment;

/**
 * {@link SparseLists} of int8 weights in tiles of AMX, one list per 16 output channels: an entry is
 * a block of 16 output channels by 64 consecutive input channels of a tap, which are padded with
 * zeros. The slab holds pixels as they are, each in {@link #pixelBytes} bytes.
 *
 * <pre>
 * entry     { int32 offset, padded to 64 bytes; s8 w[16][16][4] }    there when a w is not zero
 * w         (channel / 4, output channel, channel % 4)
 * offset    bytes from the beginning of the slab to the first of the block's input channels
 * </pre>
 *
 * @param shape whose slab the offsets are for
 */
public record SparseTilesS8(SlabShape shape) implements SparseLayout {

  /** Output channels of a list. */
  public static final int NR = 16;

  /** Input channels of a block. */
  public static final int KR = 64;

  private static final int HEAD = 64;
  private static final int QUAD = 4;

  /** Bytes of a pixel of the slab: an odd number of lines, so that rows spread over a cache. */
  public static int pixelBytes(int k) {
    return (Math.ceilDiv(k, KR) | 1) * KR;
  }

  @Override
  public String name() {
    return "s8 sparse 16x64 [N/16] for " + shape.height() + shape.width() + shape.blockRows();
  }

  /** Where lists and entries lie, all in one chunk. */
  public SparseLists lists() {
    int depth = Math.max(1, Math.multiplyExact(shape.taps(), Math.ceilDiv(shape.k(), KR)));
    return BlocksS8.lists(shape, NR, KR, depth, HEAD + NR * KR);
  }

  @Override
  public long bytes(RhsView rhs) {
    return lists().bytes(entries(rhs));
  }

  @Override
  public long entries(RhsView rhs) {
    return lists().entries(new Tiles(shape, rhs));
  }

  @Override
  public void pack(RhsView rhs, MemorySegment dst) {
    lists().pack(new Tiles(shape, rhs), dst);
  }

  /** The blocks of an operand. */
  private static final class Tiles extends BlocksS8 {

    private final SlabShape shape;

    Tiles(SlabShape shape, RhsView rhs) {
      super(rhs, NR, KR);
      this.shape = shape;
    }

    @Override
    public void write(int list, int d, MemorySegment dst, long at) {
      int pixel = shape.offset(tap(d), 0);
      dst.set(I32, at, Math.toIntExact((long) pixel * pixelBytes(shape.k()) + first(d)));
      for (int row = 0; row < rows(list); row++) {
        for (int i = 0; i < channels(d); i++) {
          long element = (long) i / QUAD * NR * QUAD + (long) row * QUAD + i % QUAD;
          dst.set(I8, at + HEAD + element, weight(list, d, row, i));
        }
      }
    }
  }
}
