package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;

/**
 * How a kernel wants its right operand laid out in memory. Layouts are values: two kernels with
 * equal layouts share packed weights.
 */
public interface PackedLayout {

  /**
   * The layout as it is written on paper, such as {@code f32 [N/32][T*K][32]}; unique per layout.
   */
  String name();

  /** Bytes of the packed form of B[taps][k][n], padding included; a multiple of 64. */
  long bytes(int taps, int k, int n);

  /**
   * Packs the operand; pads with zeros.
   *
   * @param dst at least {@link #bytes} bytes, 64-byte aligned
   */
  void pack(RhsView rhs, MemorySegment dst);
}
