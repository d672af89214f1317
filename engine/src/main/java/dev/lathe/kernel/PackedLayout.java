package dev.lathe.kernel;

/** A layout whose size depends on the operand's extents alone, not on its contents. */
public interface PackedLayout extends OperandLayout {

  /** Bytes of the packed form of B[taps][k][n], padding included; a multiple of 64. */
  long bytes(int taps, int k, int n);

  @Override
  default long bytes(RhsView rhs) {
    return bytes(rhs.taps(), rhs.k(), rhs.n());
  }
}
