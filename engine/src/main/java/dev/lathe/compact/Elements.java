package dev.lathe.compact;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** The elements of a tensor as patterns of bits, which nothing here interprets. */
final class Elements {

  private final byte[] data;
  private final int bits;
  private final long count;
  private final List<Grouping> groupings;

  private Elements(byte[] data, int bits, long count, List<Grouping> groupings) {
    this.data = data;
    this.bits = bits;
    this.count = count;
    this.groupings = groupings;
  }

  /** Element i belongs to group {@code (i / run) mod groups}. */
  record Grouping(long groups, long run) {}

  /** The elements of a tensor; two per complex number of more than 64 bits. */
  static Elements of(Tensor tensor) {
    DType dtype = tensor.dtype();
    byte[] data = tensor.data().toArray(ValueLayout.JAVA_BYTE);
    Shape shape = tensor.shape();
    int bits = Math.min(64, dtype.bits());
    long count = bits < 8 ? shape.elements() : data.length * 8L / bits;
    if (bits < 8 && count % 2 == 1 && data[data.length - 1] >> 4 != 0) {
      return over(data, 8, data.length);
    }
    List<Grouping> groupings = new ArrayList<>();
    groupings.add(new Grouping(1, count));
    long inner = count / Math.max(1, shape.elements());
    for (int axis = 0; axis < shape.rank() && count > 0; axis++) {
      if (shape.dim(axis) > 1 && shape.dim(axis) < shape.elements()) {
        long run = shape.product(axis + 1, shape.rank()) * inner;
        groupings.add(new Grouping(shape.dim(axis), run));
      }
    }
    return new Elements(data, bits, count, groupings);
  }

  /** Elements without groups. */
  static Elements over(byte[] data, int bits, long count) {
    return new Elements(data, bits, count, List.of(new Grouping(1, count)));
  }

  /** {@code ceil(count * bits / 8)} little-endian bytes, not copied. */
  byte[] data() {
    return data;
  }

  /** Bits per element: 4, 8, 16, 32 or 64. */
  int bits() {
    return bits;
  }

  long count() {
    return count;
  }

  /** Ways to tell groups of elements that may have a codebook each. */
  List<Grouping> groupings() {
    return groupings;
  }

  /** Bytes of some elements; -1 when that is no number of bytes. */
  static long bytes(int bits, long count) {
    boolean known = bits == 4 || bits == 8 || bits == 16 || bits == 32 || bits == 64;
    if (!known || count < 0 || count > Long.MAX_VALUE / 64) {
      return -1;
    }
    return Math.ceilDiv(count * bits, 8);
  }

  /** Element {@code i}, zero-extended. Plain array code: it is fast before it is compiled, too. */
  long get(long i) {
    int at = (int) ((i * bits) >> 3);
    if (bits == 4) {
      return (data[at] >> ((int) (i & 1) * 4)) & 15;
    }
    long value = 0;
    for (int b = bits / 8 - 1; b >= 0; b--) {
      value = (value << 8) | (data[at + b] & 255);
    }
    return value;
  }

  /** Sets element {@code i} to the low bits of a value. */
  void set(long i, long value) {
    int at = (int) ((i * bits) >> 3);
    if (bits == 4) {
      int shift = (int) (i & 1) * 4;
      data[at] = (byte) ((data[at] & ~(15 << shift)) | ((int) (value & 15) << shift));
      return;
    }
    for (int b = 0; b < bits / 8; b++) {
      data[at + b] = (byte) (value >> (8 * b));
    }
  }

  /** An element with its sign extended, as a signed integer type would have it. */
  long signed(long i) {
    int shift = 64 - bits;
    return get(i) << shift >> shift;
  }
}
