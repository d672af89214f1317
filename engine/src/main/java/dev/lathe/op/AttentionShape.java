package dev.lathe.op;

import dev.lathe.plan.Slot;
import org.jspecify.annotations.Nullable;

/**
 * The extents of scaled dot-product attention: queries [B,Hq,S,D], keys [B,Hk,T,D], values
 * [B,Hk,T,E], result [B,Hq,S,E], in any layout whose last axis is contiguous. Hk divides Hq;
 * neighbouring query heads share a key head.
 */
record AttentionShape(
    int batch, int heads, int keyHeads, int queries, int keys, int headSize, int valueSize) {

  /** Where an operand [B,H,S,*] lies: strides and start in elements. */
  record Operand(Slot slot, long base, long batchStride, long headStride, long rowStride) {

    /** Contiguous [B,H,S,width]. */
    static Operand headsFirst(Slot slot, long heads, long rows, long width) {
      return new Operand(slot, 0, heads * rows * width, rows * width, width);
    }

    /** Contiguous [B,S,H,width], as [B,S,H*width] is. */
    static Operand rowsFirst(Slot slot, long heads, long rows, long width) {
      return new Operand(slot, 0, heads * rows * width, width, heads * width);
    }

    long at(int b, int head) {
      return base + b * batchStride + head * headStride;
    }
  }

  /** What happens to the scores: in this order scaled, capped, masked and normalized. */
  record Weighting(
      float scale,
      float softcap,
      int causalOffset,
      @Nullable Operand mask,
      @Nullable Slot trace,
      Stage traced) {

    /** The causal offset of attention that sees all keys. */
    static final int ALL = Integer.MAX_VALUE;

    static Weighting plain(float scale) {
      return new Weighting(scale, 0, ALL, null, null, Stage.SCALED);
    }

    Weighting withMask(@Nullable Operand added) {
      return new Weighting(scale, softcap, causalOffset, added, trace, traced);
    }

    boolean isCausal() {
      return causalOffset != ALL;
    }
  }

  /** After which stage the scores are stored for an optional output. */
  enum Stage {
    SCALED,
    CAPPED,
    MASKED,
    NORMALIZED
  }

  /** Query heads that share a key head. */
  int group() {
    return heads / keyHeads;
  }

  long macs() {
    return (long) batch * heads * queries * keys * (headSize + valueSize);
  }
}
