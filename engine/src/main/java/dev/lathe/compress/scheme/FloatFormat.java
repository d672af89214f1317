package dev.lathe.compress.scheme;

/**
 * A float of fewer bits: sign, {@code exponent} bits with a bias of 2^(exponent-1) - 1, {@code
 * mantissa} bits, subnormals.
 *
 * @param exponent 2 to 8
 * @param mantissa 0 to 23
 * @param max largest finite value
 */
public record FloatFormat(int exponent, int mantissa, double max) {

  /** As IEEE 754 has it: the highest exponent is that of infinity and NaN. */
  public static FloatFormat ieee(int exponent, int mantissa) {
    int highest = (1 << (exponent - 1)) - 1;
    return new FloatFormat(
        exponent, mantissa, (2 - Math.scalb(1.0, -mantissa)) * Math.scalb(1.0, highest));
  }

  /** Float 8 E4M3FN, which has no infinity and reaches 448. */
  public static FloatFormat e4m3() {
    return new FloatFormat(4, 3, 448);
  }

  public int bits() {
    return 1 + exponent + mantissa;
  }

  /** The nearest value of the format, ties to even, 0 without a sign; beyond the largest, that. */
  public float round(float value) {
    double magnitude = Math.abs((double) value);
    int lowest = 2 - (1 << (exponent - 1));
    double unit = Math.scalb(1.0, Math.max(Math.getExponent(magnitude), lowest) - mantissa);
    double rounded = Math.min(Math.rint(magnitude / unit) * unit, max);
    return (float) (value < 0 ? 0 - rounded : rounded);
  }
}
