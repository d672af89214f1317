package dev.lathe.quant;

/**
 * The integer arithmetic contract, one element at a time: what every kernel must equal bit for bit
 * (docs/numerics.md). Each operation is a single IEEE float32 operation; rounding is half to even.
 */
public final class Arithmetic {

  private Arithmetic() {}

  /**
   * ONNX QuantizeLinear: {@code saturate(rint(x / scale) + zeroPoint)}. Infinities saturate, NaN
   * gives the zero point.
   */
  public static int quantize(float x, float scale, int zeroPoint, int min, int max) {
    return saturate(x / scale, zeroPoint, min, max);
  }

  /** ONNX DequantizeLinear: {@code float(q - zeroPoint) * scale}. */
  public static float dequantize(int q, float scale, int zeroPoint) {
    return (q - zeroPoint) * scale;
  }

  /**
   * From an int32 accumulator to an output level: {@code saturate(rint(float(acc) * scale) +
   * zeroPoint)}.
   *
   * @param acc exact sum of products, the bias and the zero-point corrections
   * @param scale {@code sx * sw / sy}, see {@link #requantizeScale}
   */
  public static int requantize(int acc, float scale, int zeroPoint, int min, int max) {
    return saturate(acc * scale, zeroPoint, min, max);
  }

  /** {@code (sx * sw) / sy}, in this order. */
  public static float requantizeScale(float lhsScale, float rhsScale, float dstScale) {
    return lhsScale * rhsScale / dstScale;
  }

  /** A bias as int32 in units of {@code scale}; saturates, NaN gives 0. */
  public static int quantizeBias(float bias, float scale) {
    // In double: a float quotient has too few bits for an int32.
    return (int) Math.rint((double) bias / scale);
  }

  private static int saturate(float scaled, int zeroPoint, int min, int max) {
    long rounded = (int) Math.rint(scaled);
    return Math.clamp(rounded + zeroPoint, min, max);
  }
}
