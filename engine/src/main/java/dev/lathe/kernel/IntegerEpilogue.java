package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;

/** What happens to the int32 accumulators of an integer product. */
public sealed interface IntegerEpilogue permits Requantize, StoreInt32 {

  /** int32 [n], padded to a multiple of 64 bytes, native memory; added first, exactly. */
  MemorySegment bias();

  /** Bytes of an element of C. */
  int dstBytes();
}
