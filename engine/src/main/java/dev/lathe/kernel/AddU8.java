package dev.lathe.kernel;

import dev.lathe.quant.QuantizedSum;
import java.lang.foreign.MemorySegment;

/** Quantized addition over contiguous elements: {@link QuantizedSum#level}. */
public interface AddU8 extends Kernel {

  /** A regular sum, and the clamp of its result, 0..255. */
  record Params(QuantizedSum sum, int min, int max) {}

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
