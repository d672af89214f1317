package dev.lathe.kernel.pack;

import static dev.lathe.tensor.Tensor.I8;

import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SlabShape;
import java.lang.foreign.MemorySegment;

/**
 * Blocks of int8 weights, {@code nr} output channels by {@code kr} consecutive input channels of a
 * tap, which are padded with zeros to a multiple of it; in the order (tap, channels).
 */
abstract class BlocksS8 implements SparseLists.Blocks {

  private final RhsView rhs;
  private final int nr;
  private final int kr;
  private final int perTap;

  BlocksS8(RhsView rhs, int nr, int kr) {
    this.rhs = rhs;
    this.nr = nr;
    this.kr = kr;
    this.perTap = Math.ceilDiv(rhs.k(), kr);
  }

  /** Lists of such blocks of a shape's weights. */
  static SparseLists lists(SlabShape shape, int nr, int kr, int chunk, int entryBytes) {
    int depth = Math.multiplyExact(shape.taps(), Math.ceilDiv(shape.k(), kr));
    return new SparseLists(Math.ceilDiv(shape.n(), nr), depth, chunk, entryBytes);
  }

  @Override
  public final boolean isEmpty(int list, int d) {
    MemorySegment data = rhs.data();
    int first = first(d);
    int channels = channels(d);
    for (int row = 0; row < rows(list); row++) {
      long at = rhs.index(tap(d), first, list * nr + row);
      for (int i = 0; i < channels; i++, at += rhs.kStride()) {
        if (data.get(I8, at) != 0) {
          return false;
        }
      }
    }
    return true;
  }

  /** Output channels of a list. */
  final int rows(int list) {
    return Math.min(nr, rhs.n() - list * nr);
  }

  /** Input channels of the block at a place of the depth. */
  final int channels(int d) {
    return Math.min(kr, rhs.k() - first(d));
  }

  final int tap(int d) {
    return d / perTap;
  }

  /** The first input channel of the block at a place of the depth. */
  final int first(int d) {
    return d % perTap * kr;
  }

  /** The weight of an output channel of a list and an input channel of a block, or 0 after k. */
  final byte weight(int list, int d, int row, int i) {
    int k = first(d) + i;
    return k < rhs.k() ? rhs.data().get(I8, rhs.index(tap(d), k, list * nr + row)) : 0;
  }
}
