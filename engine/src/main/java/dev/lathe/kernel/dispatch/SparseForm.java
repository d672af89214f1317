package dev.lathe.kernel.dispatch;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.dispatch.SparseCosts.Kind;
import dev.lathe.kernel.pack.SparseQuadsS8;
import dev.lathe.kernel.pack.SparseRowsF32;
import dev.lathe.kernel.pack.SparseTilesS8;

/** What the entries of a tier's sparse kernels hold. */
enum SparseForm {
  /** One input channel, float32 in the slab. */
  SINGLES(1, SparseRowsF32.CHUNK),
  /** Four input channels, two to an element of the slab. */
  PAIRS(SparseQuadsS8.KR, SparseQuadsS8.CHUNK),
  /** Four input channels, an element of the slab. */
  QUADS(SparseQuadsS8.KR, SparseQuadsS8.CHUNK),
  /** 64 input channels of 16 output channels. */
  TILES(SparseTilesS8.KR, Integer.MAX_VALUE);

  private final int channels;
  private final int chunk;

  SparseForm(int channels, int chunk) {
    this.channels = channels;
    this.chunk = chunk;
  }

  static SparseForm of(Kind kind, Isa isa) {
    if (kind == Kind.F32 || !isa.isNative()) {
      return SINGLES;
    }
    return switch (isa) {
      case AMX -> TILES;
      case AVX2 -> PAIRS;
      default -> QUADS;
    };
  }

  /** Input channels of an entry. */
  int channels() {
    return channels;
  }

  /** Entries that a list may have of a chunk of the depth. */
  int chunk() {
    return chunk;
  }

  /** Elements of the slab that k channels take. */
  int planes(int k) {
    return switch (this) {
      case SINGLES -> k;
      case PAIRS, QUADS -> SparseQuadsS8.planes(k, this == PAIRS);
      case TILES -> SparseTilesS8.pixelBytes(k) / 4;
    };
  }

  /** The blocks that lists of {@code nr} output channels leave out, as {@code 4x4}. */
  String block(int nr) {
    return switch (this) {
      case SINGLES -> nr + "x" + nr;
      case PAIRS, QUADS -> nr + "x4";
      case TILES -> "16x64";
    };
  }
}
