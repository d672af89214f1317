package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.pack.SparseLists;
import java.lang.foreign.Arena;

/** Runs {@link SpmmTilesF32} over the lists of a chunk of the depth. */
final class SpmmListsF32 {

  private final int nr;
  private final SpmmTilesF32 tiles;
  private final int mr;
  private final long mrBytes;

  /** Where sums begin. */
  private final long zeros;

  /**
   * On a tier.
   *
   * @param nr output channels that share a list: 1 or 4
   */
  SpmmListsF32(Isa isa, int nr) {
    this.nr = nr;
    this.tiles = Specialization.of(VectorSpmmTilesF32.class, isa);
    this.mr = tiles.mr();
    this.mrBytes = 4L * mr;
    this.zeros = Arena.global().allocate(nr * mrBytes, 64).address();
  }

  /** Positions of a tile. */
  int mr() {
    return mr;
  }

  /** Positions of the next tile: two tiles of two thirds cost less than a full one and a third. */
  int tile(int positions) {
    boolean split = nr == 1 && positions > mr && positions <= mr / 3 * 4;
    return Math.min(positions, split ? mr / 3 * 2 : mr);
  }

  /**
   * Adds what a chunk of the depth contributes to output channels [nFrom, nTo) at a tile of
   * positions.
   *
   * @param weights address of {@code layout}
   * @param fresh whether sums begin with zero, not with what they are
   * @param slab address of the first position
   * @param count positions
   * @param acc address of the sums, float32 [nTo - nFrom][mr]
   */
  void add(
      SparseLists layout,
      long weights,
      int chunk,
      boolean fresh,
      long slab,
      int count,
      int nFrom,
      int nTo,
      long acc) {
    long entries = weights + layout.entriesAt();
    int entryBytes = layout.entryBytes();
    long starts = weights + layout.startAt(chunk, 0);
    for (int j = nFrom; j < nTo; j += nr) {
      long start = (starts + 4L * (j / nr)) & ADDRESS;
      long entry = entries + (long) entryBytes * ALL.get(I32, start);
      long end = entries + (long) entryBytes * ALL.get(I32, start + 4);
      long to = acc + (j - nFrom) * mrBytes;
      if (fresh || entry < end) {
        list(entry, end, slab, count, fresh ? zeros : to, to);
      }
    }
  }

  private void list(long entry, long end, long slab, int count, long from, long acc) {
    if (nr == 4) {
      int positions = mr / 6;
      for (int p = 0; p < count; p += positions) {
        tiles.quad(entry, end, slab + 4L * p, from + 4L * p, acc + 4L * p);
      }
    } else if (count > mr / 3 * 2) {
      tiles.full(entry, end, slab, from, acc);
    } else if (count > mr / 3) {
      tiles.twoThirds(entry, end, slab, from, acc);
    } else {
      tiles.third(entry, end, slab, from, acc);
    }
  }
}
