package dev.lathe.kernel.ffm;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SparseLayout;
import dev.lathe.kernel.pack.SparseLists;
import dev.lathe.kernel.pack.SparseQuadsS8;

/** {@link dev.lathe.kernel.SpmmU8S8} over quads of channels, in {@code u8s8_spmm.h}. */
final class FfmSpmmQuads extends FfmSpmmU8S8 {

  /** Bytes of sums of a block of output channels, {@code BLOCK} in C. */
  private static final int BLOCK_BYTES = 24 << 10;

  private final int lanes;
  private final boolean pairs;

  /**
   * The kernel of a tier.
   *
   * @param vectors of a tile of positions
   * @param nr output channels of a list
   * @param lanes int32 of a vector
   * @param pairs whether bytes are widened to pairs of 16 bits
   */
  FfmSpmmQuads(Symbols symbols, Isa isa, int vectors, int nr, int lanes, boolean pairs) {
    super(symbols, isa, vectors * lanes, nr, SparseQuadsS8.KR);
    this.lanes = lanes;
    this.pairs = pairs;
  }

  @Override
  public int planes(int k) {
    return SparseQuadsS8.planes(k, pairs);
  }

  @Override
  public SparseLayout rhsLayout(SlabShape shape) {
    return layout(shape);
  }

  @Override
  SparseLists lists(SlabShape shape) {
    return layout(shape).lists();
  }

  private SparseQuadsS8 layout(SlabShape shape) {
    return new SparseQuadsS8(nr(), pairs, shape);
  }

  @Override
  public long scratchBytes(SlabShape shape) {
    long zeroRow = lines(shape.k());
    long pixels = lines(8L * (shape.lanePitch() + lanes));
    long turned = lines(4L * (mr() + lanes) * lanes);
    long sums = BLOCK_BYTES + 4L * lanes * mr();
    long begins = lines(4L * (shape.n() + nr()));
    return zeroRow + pixels + turned + sums + begins + lines(4 * shape.slabElements(mr()));
  }
}
