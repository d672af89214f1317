package dev.lathe.quant;

/** The upper half of a float32: one sign, eight exponent and seven fraction bits. */
public final class Bfloat16 {

  private Bfloat16() {}

  /** The nearest value, ties to even; a NaN stays one. */
  public static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
  }

  /** The value of 16 bits. */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}
