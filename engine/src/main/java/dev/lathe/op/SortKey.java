package dev.lathe.op;

import dev.lathe.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * Elements of every ordered type as longs that compare as the elements do. NaN is above every
 * number and equal to NaN, as numpy sorts; the two zeros are equal.
 */
final class SortKey {

  /** The key of every NaN. */
  static final long NAN = ofDouble(Double.NaN);

  private SortKey() {}

  /** The key of an element; arguments as in {@link Elements}. */
  static long of(DType type, MemorySegment data, long base, long index) {
    if (type.isFloat()) {
      return ofDouble(Elements.getDouble(type, data, base, index));
    }
    long value = Elements.getLong(type, data, base, index);
    return type == DType.UINT64 ? value ^ Long.MIN_VALUE : value;
  }

  /** The key of a double: its bits, with the order of the negative half reversed. */
  static long ofDouble(double value) {
    long bits = Double.doubleToLongBits(value + 0.0);
    return bits ^ ((bits >> 63) & Long.MAX_VALUE);
  }
}
