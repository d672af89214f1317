package dev.lathe.op;

import dev.lathe.tensor.DType;
import java.lang.foreign.MemorySegment;

/** Mean and variance of elements, computed in double in two passes. */
final class Moments {

  private Moments() {}

  /** The mean of the elements a nest visits from element {@code start}. */
  static double mean(DType type, MemorySegment data, long base, long start, Nest nest) {
    double sum = 0;
    for (long row = 0; row < nest.outer(1); row++) {
      long at = start + nest.offset(0, row, 1);
      for (long i = 0; i < nest.inner(); i++, at += nest.innerStride(0)) {
        sum += Elements.getDouble(type, data, base, at);
      }
    }
    return sum / nest.outer(0);
  }

  /** The mean of the squared differences to {@code mean}. */
  static double variance(
      DType type, MemorySegment data, long base, long start, Nest nest, double mean) {
    double sum = 0;
    for (long row = 0; row < nest.outer(1); row++) {
      long at = start + nest.offset(0, row, 1);
      for (long i = 0; i < nest.inner(); i++, at += nest.innerStride(0)) {
        double d = Elements.getDouble(type, data, base, at) - mean;
        sum += d * d;
      }
    }
    return sum / nest.outer(0);
  }
}
