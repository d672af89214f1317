package dev.lathe.quant;

import dev.lathe.tensor.DType;

/**
 * The integers a quantized value may take and the type that stores them: one of 8 bits for 8 bits
 * or less, with fewer levels, else one of 16.
 *
 * @param dtype {@code UINT8}, {@code INT8}, {@code UINT16} or {@code INT16}
 * @param bits width the levels were chosen for
 * @param min lowest level
 * @param max highest level
 */
public record Levels(DType dtype, int bits, int min, int max) {

  /** Widest levels that integer kernels compute with. */
  public static final int MAX_BITS = 8;

  private static final int WIDEST = 16;

  /** All {@code 2^bits} levels: {@code 0..2^b-1} unsigned, {@code -2^(b-1)..2^(b-1)-1} signed. */
  public static Levels affine(DType dtype, int bits) {
    return switch (dtype) {
      case UINT8, UINT16 -> {
        checkBits(bits, 1, dtype.bits());
        yield new Levels(dtype, bits, 0, (1 << bits) - 1);
      }
      case INT8, INT16 -> {
        checkBits(bits, 1, dtype.bits());
        yield new Levels(dtype, bits, -(1 << (bits - 1)), (1 << (bits - 1)) - 1);
      }
      default -> throw new IllegalArgumentException("no integer type of 8 or 16 bits: " + dtype);
    };
  }

  /** All {@code 2^bits} levels from 0 up, of 1 to 16 bits. */
  public static Levels unsigned(int bits) {
    return affine(bits <= MAX_BITS ? DType.UINT8 : DType.UINT16, bits);
  }

  /** All {@code 2^bits} levels in two's complement, of 1 to 16 bits. */
  public static Levels signed(int bits) {
    return affine(bits <= MAX_BITS ? DType.INT8 : DType.INT16, bits);
  }

  /** The levels {@code -(2^(b-1)-1)..2^(b-1)-1}, mirrored about zero, of 2 to 16 bits. */
  public static Levels symmetric(int bits) {
    checkBits(bits, 2, WIDEST);
    Levels all = signed(bits);
    return new Levels(all.dtype, bits, -all.max, all.max);
  }

  private static void checkBits(int bits, int least, int most) {
    if (bits < least || bits > most) {
      throw new IllegalArgumentException("bits must be " + least + " to " + most + ", got " + bits);
    }
  }
}
