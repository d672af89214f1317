package dev.lathe.kernel.vector;

/**
 * The register tiles of sparse fp32 products: they add the entries of a list, {@code acc += w *
 * slab[offset ..]}, for the positions of a tile. Everything is an absolute address of memory the
 * caller has checked.
 *
 * <pre>
 * entry, end   the entries of {@link dev.lathe.kernel.pack.SparseRowsF32}
 * slab         the address of the tile's first position in the slab's first channel
 * from, acc    float32 [output channels of a list][mr], where sums begin and end
 * </pre>
 */
interface SpmmTilesF32 {

  /** Positions of {@link #full}. */
  int mr();

  /** mr positions, one output channel. */
  void full(long entry, long end, long slab, long from, long acc);

  /** The first two thirds of a tile. */
  void twoThirds(long entry, long end, long slab, long from, long acc);

  /** The first third of a tile. */
  void third(long entry, long end, long slab, long from, long acc);

  /** The first sixth of a tile, four output channels that share a list. */
  void quad(long entry, long end, long slab, long from, long acc);
}
