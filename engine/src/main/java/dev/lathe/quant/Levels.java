package dev.lathe.quant;

import dev.lathe.tensor.DType;

/**
 * The integers a quantized value may take and the 8-bit type that stores them. Fewer than 8 bits
 * are stored in 8, with fewer levels.
 *
 * @param dtype {@code UINT8} or {@code INT8}
 * @param bits width the levels were chosen for, 2 to 8
 * @param min lowest level
 * @param max highest level
 */
public record Levels(DType dtype, int bits, int min, int max) {

  public static final int MIN_BITS = 2;
  public static final int MAX_BITS = 8;

  /** All {@code 2^bits} levels: {@code 0..2^b-1} unsigned, {@code -2^(b-1)..2^(b-1)-1} signed. */
  public static Levels affine(DType dtype, int bits) {
    checkBits(bits);
    return switch (dtype) {
      case UINT8 -> new Levels(dtype, bits, 0, (1 << bits) - 1);
      case INT8 -> new Levels(dtype, bits, -(1 << (bits - 1)), (1 << (bits - 1)) - 1);
      default -> throw new IllegalArgumentException("no 8-bit integer type: " + dtype);
    };
  }

  /** The int8 levels {@code -(2^(b-1)-1)..2^(b-1)-1}, mirrored about zero. */
  public static Levels symmetric(int bits) {
    checkBits(bits);
    int max = (1 << (bits - 1)) - 1;
    return new Levels(DType.INT8, bits, -max, max);
  }

  private static void checkBits(int bits) {
    if (bits < MIN_BITS || bits > MAX_BITS) {
      throw new IllegalArgumentException("bits must be 2 to 8, got " + bits);
    }
  }
}
