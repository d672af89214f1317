package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SparseLayout;
import dev.lathe.kernel.pack.SparseLists;
import dev.lathe.kernel.pack.SparseTilesS8;

/** {@link dev.lathe.kernel.SpmmU8S8} over the tiles of AMX. */
final class FfmSpmmTiles extends FfmSpmmU8S8 {

  /** Positions of a tile, four registers of 16. */
  private static final int MR = 64;

  private static final int LANES = 16;

  FfmSpmmTiles(Symbols symbols) {
    super(symbols, Isa.AMX, MR, SparseTilesS8.NR, SparseTilesS8.KR);
  }

  /** A pixel is no planes, but takes as many elements. */
  @Override
  public int planes(int k) {
    return SparseTilesS8.pixelBytes(k) / 4;
  }

  @Override
  public SparseLayout rhsLayout(SlabShape shape) {
    return new SparseTilesS8(shape);
  }

  @Override
  SparseLists lists(SlabShape shape) {
    return new SparseTilesS8(shape).lists();
  }

  @Override
  public long scratchBytes(SlabShape shape) {
    long zeroRow = lines(shape.k());
    long pixels = lines(8L * (shape.lanePitch() + LANES));
    long sums = 4L * MR * SparseTilesS8.NR;
    long lanes = (long) shape.height().lanes() * shape.width().lanes();
    long slab = (lanes * shape.lanePitch() + MR) * SparseTilesS8.pixelBytes(shape.k());
    return zeroRow + pixels + sums + slab;
  }
}
