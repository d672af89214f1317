package dev.lathe.onnx;

import java.lang.foreign.MemorySegment;

/** Gives back what a {@link TensorSink} took. */
public interface TensorSource {

  /**
   * The contents under a key.
   *
   * @param bytes their size, as type and shape ask for
   * @param place which tensor asks, for messages
   * @throws dev.lathe.error.InvalidModelException when there are none of that size
   */
  MemorySegment get(long key, long bytes, String place);
}
