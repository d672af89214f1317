package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;

/**
 * How a kernel wants a constant right operand laid out in memory. Layouts are values: two kernels
 * with equal layouts share packed weights.
 */
public interface OperandLayout {

  /**
   * The layout as it is written on paper, such as {@code f32 [N/32][T*K][32]}; unique per layout.
   */
  String name();

  /** Bytes of the packed form of {@code rhs}, padding included; a multiple of 64. */
  long bytes(RhsView rhs);

  /**
   * Packs the operand; pads with zeros.
   *
   * @param dst at least {@link #bytes} bytes, 64-byte aligned
   */
  void pack(RhsView rhs, MemorySegment dst);
}
