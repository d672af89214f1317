package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Quantized addition over contiguous elements, as the graph DequantizeLinear, Add, QuantizeLinear
 * computes it: {@code f = float(a - za) * sa + float(b - zb) * sb}, {@code q =
 * clamp(saturate_u8(rint(f / sy) + zy), min, max)}, every operation a single float32 operation.
 */
public interface AddU8 extends Kernel {

  /** Scales, zero points (0..255) and clamp. */
  record Params(
      float lhsScale,
      int lhsZeroPoint,
      float rhsScale,
      int rhsZeroPoint,
      float dstScale,
      int dstZeroPoint,
      int min,
      int max) {}

  void run(
      Params params,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      long rhsAt,
      MemorySegment dst,
      long dstAt,
      long count);
}
