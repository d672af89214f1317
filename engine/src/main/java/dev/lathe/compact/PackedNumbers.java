package dev.lathe.compact;

import dev.lathe.compact.proto.Indices;
import java.util.function.LongUnaryOperator;

/** Numbers of a few bits each, as they go into the file. */
final class PackedNumbers {

  static final int MAX_WIDTH = 32;

  private final Indices message;
  private final byte[] bytes;

  private PackedNumbers(Indices message, byte[] bytes) {
    this.message = message;
    this.bytes = bytes;
  }

  /** Says how to read them. */
  Indices message() {
    return message;
  }

  byte[] bytes() {
    return bytes;
  }

  /** Bits that numbers up to {@code largest} take. */
  static int widthOf(long largest) {
    return 64 - Long.numberOfLeadingZeros(largest);
  }

  /**
   * Packs numbers. Entropy coding works on bytes and may do better with one number in each.
   *
   * @param width most bits of a number, 0 to {@value #MAX_WIDTH}
   */
  static PackedNumbers of(
      LongUnaryOperator numbers, long count, int width, Compactness compactness) {
    PackedNumbers packed = store(numbers, count, width, compactness);
    if (compactness == Compactness.FAST || width == 0 || width >= 8) {
      return packed;
    }
    PackedNumbers bytes = store(numbers, count, 8, compactness);
    return bytes.bytes.length < packed.bytes.length ? bytes : packed;
  }

  private static PackedNumbers store(
      LongUnaryOperator numbers, long count, int width, Compactness compactness) {
    Stored stored = Stored.of(pack(numbers, count, width), compactness);
    Indices message = Indices.newBuilder().setWidth(width).setStream(stored.message()).build();
    return new PackedNumbers(message, stored.bytes());
  }

  /** Packs numbers from the lowest bit of the first byte on. */
  static byte[] pack(LongUnaryOperator numbers, long count, int width) {
    byte[] packed = new byte[Math.toIntExact(bytes(count, width))];
    long pending = 0;
    int bits = 0;
    int at = 0;
    for (long i = 0; i < count; i++) {
      pending |= numbers.applyAsLong(i) << bits;
      bits += width;
      for (; bits >= 8; bits -= 8) {
        packed[at++] = (byte) pending;
        pending >>>= 8;
      }
    }
    if (bits > 0) {
      packed[at] = (byte) pending;
    }
    return packed;
  }

  private static long bytes(long count, int width) {
    return Math.ceilDiv(Math.multiplyExact(count, width), 8);
  }

  /** The numbers of a stream, by their place. */
  static LongUnaryOperator read(Indices message, long count, SectionCursor cursor) {
    int width = message.getWidth();
    if (width < 0 || width > MAX_WIDTH) {
      throw cursor.invalid("numbers of " + width + " bits");
    }
    byte[] packed = cursor.next(message.getStream(), bytes(count, width));
    return unpack(packed, width);
  }

  static LongUnaryOperator unpack(byte[] packed, int width) {
    long mask = (1L << width) - 1;
    return i -> {
      long bit = i * width;
      int from = (int) (bit >> 3);
      int to = Math.min(packed.length, (int) ((bit + width + 7) >> 3));
      long word = 0;
      for (int b = to - 1; b >= from; b--) {
        word = (word << 8) | (packed[b] & 255);
      }
      return (word >>> (bit & 7)) & mask;
    };
  }
}
