package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Stores the accumulators as they are: {@code C = acc + bias[n]}, int32, wrapping modulo 2^32.
 *
 * @param bias int32 [n], padded to a multiple of 64 bytes, native memory
 */
public record StoreInt32(MemorySegment bias) implements IntegerEpilogue {

  @Override
  public int dstBytes() {
    return 4;
  }
}
