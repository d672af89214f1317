package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;

/** A layout whose size depends on the operand's extents alone, not on its contents. */
public interface PackedLayout extends OperandLayout {

  /** Bytes of the packed form of B[taps][k][n], padding included; a multiple of 64. */
  long bytes(int taps, int k, int n);

  /**
   * Packs an operand that is multiplied by once and known only in the run: with less care than
   * {@link #pack}, whatever that costs the product.
   */
  default void packInRun(RhsView rhs, MemorySegment dst) {
    pack(rhs, dst);
  }

  @Override
  default long bytes(RhsView rhs) {
    return bytes(rhs.taps(), rhs.k(), rhs.n());
  }
}
