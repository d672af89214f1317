package dev.lathe.quant;

/**
 * The sum of two quantized values, quantized:
 *
 * <pre>
 * x = fma(a, lhsRatio, fma(b, rhsRatio, offset))
 * q = clamp(rint(x), min, max)                     within 0..255
 * </pre>
 *
 * <p>That is {@code ((a - za) * sa + (b - zb) * sb) / sy + zy} with the constants gathered. It
 * differs from DequantizeLinear, Add, QuantizeLinear taken one by one only where the sum lies
 * within float rounding of the middle between two levels.
 *
 * @param lhsRatio {@code sa / sy}
 * @param rhsRatio {@code sb / sy}
 * @param offset {@code zy - fma(lhsRatio, za, rhsRatio * zb)}
 */
public record QuantizedSum(float lhsRatio, float rhsRatio, float offset) {

  /** Beyond this, sums could overflow to opposite infinities. */
  private static final float LARGEST_RATIO = 1e30f;

  /** Scales and zero points (0..255) of the operands and the result. */
  public static QuantizedSum of(
      float lhsScale,
      int lhsZeroPoint,
      float rhsScale,
      int rhsZeroPoint,
      float dstScale,
      int dstZeroPoint) {
    float lhsRatio = lhsScale / dstScale;
    float rhsRatio = rhsScale / dstScale;
    float offset = dstZeroPoint - Math.fma(lhsRatio, lhsZeroPoint, rhsRatio * rhsZeroPoint);
    return new QuantizedSum(lhsRatio, rhsRatio, offset);
  }

  /** Whether no sum can be NaN, whatever the levels. */
  public boolean isRegular() {
    return Math.abs(lhsRatio) <= LARGEST_RATIO
        && Math.abs(rhsRatio) <= LARGEST_RATIO
        && Float.isFinite(offset);
  }

  /** The level of the sum of levels {@code a} and {@code b}, each 0..255. */
  public int level(int a, int b, int min, int max) {
    float x = Math.fma(a, lhsRatio, Math.fma(b, rhsRatio, offset));
    return Math.clamp((long) Math.rint(x), min, max);
  }
}
