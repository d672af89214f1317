package dev.lathe.kernel;

/**
 * The exponential family in float32, each function one fixed sequence of IEEE 754 operations.
 *
 * <p>Vectorised kernels perform the same operations in the same order with the coefficients given
 * here, so that results are bit-identical on every tier; only the payload of a NaN may differ.
 * Where a step says {@code fma} it is fused, elsewhere every operation is rounded on its own. The
 * polynomials are minimax fits whose coefficients were rounded to float32 one after the other, the
 * rest refitted each time; hexadecimal literals give the bits.
 *
 * <p>Error bounds below are against the exact function and hold for all arguments; denormal results
 * are rounded, not flushed. NaN gives NaN.
 */
public final class MathF32 {

  public static final float LOG2_E = 0x1.715476p0f;

  /** ln 2 = LN2_HI + LN2_LO to 48 bits. */
  public static final float LN2_HI = 0x1.62e43p-1f;

  public static final float LN2_LO = -0x1.05c61p-29f;

  /** 1.5 * 2^23: adding it leaves the nearest integer in the low bits of the sum. */
  public static final float SHIFT = 0x1.8p23f;

  /** The bits of {@link #SHIFT}. */
  public static final int SHIFT_BITS = 0x4B400000;

  /** The bits of 1. */
  public static final int ONE_BITS = 0x3F800000;

  /** exp is +infinity above. */
  public static final float EXP_MAX = 89f;

  /** exp is 0 below. */
  public static final float EXP_MIN = -104f;

  /** (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2, relative error of the whole 4e-9. */
  public static final float EXP_2 = 0.5f;

  public static final float EXP_3 = 0x1.5554a4p-3f;
  public static final float EXP_4 = 0x1.55568ap-5f;
  public static final float EXP_5 = 0x1.122f1ep-7f;
  public static final float EXP_6 = 0x1.6b6bd4p-10f;

  /** expm1 is -1 below. */
  public static final float EXPM1_MIN = -18f;

  /** The bits of the float next to sqrt(1/2). */
  public static final int SQRT_HALF_BITS = 0x3F3504F3;

  /** Below it a float is denormal. */
  public static final float MIN_NORMAL = Float.MIN_NORMAL;

  /** (ln(1 + f) - f + f^2 / 2) / f^3 for 1 + f in [sqrt(1/2), sqrt(2)], relative error 6e-9. */
  public static final float LOG_3 = 0x1.555554p-2f;

  public static final float LOG_4 = -0x1.000226p-2f;
  public static final float LOG_5 = 0x1.99a01ap-3f;
  public static final float LOG_6 = -0x1.54728p-3f;
  public static final float LOG_7 = 0x1.22d956p-3f;
  public static final float LOG_8 = -0x1.0d8302p-3f;
  public static final float LOG_9 = 0x1.055e3cp-3f;
  public static final float LOG_10 = -0x1.38c428p-4f;

  /** erf(x) / x - 1 in x^2 for |x| <= 1, relative error 2e-9. */
  public static final float ERF_0 = 0x1.06eba8p-3f;

  public static final float ERF_1 = -0x1.81273ep-2f;
  public static final float ERF_2 = 0x1.ce2ce6p-4f;
  public static final float ERF_3 = -0x1.b7f71ap-6f;
  public static final float ERF_4 = 0x1.53f224p-8f;
  public static final float ERF_5 = -0x1.a3515ep-11f;
  public static final float ERF_6 = 0x1.4771fep-14f;

  /** ln(1 - erf(x)) for 1 <= x <= 4, error 1e-9 in erf. */
  public static final float ERFC_0 = -0x1.661bdcp-12f;

  public static final float ERFC_1 = -0x1.2088ecp0f;
  public static final float ERFC_2 = -0x1.46bae4p-1f;
  public static final float ERFC_3 = -0x1.a65392p-4f;
  public static final float ERFC_4 = 0x1.65cc46p-6f;
  public static final float ERFC_5 = -0x1.825d12p-9f;
  public static final float ERFC_6 = 0x1.86e1cep-13f;

  /** erf is 1 above. */
  public static final float ERF_MAX = 4f;

  public static final float SQRT_HALF = 0x1.6a09e6p-1f;
  public static final float SQRT_2_OVER_PI = 0x1.988454p-1f;
  public static final float GELU_CUBIC = 0.044715f;

  private MathF32() {}

  /** e^x to 1 ulp; 0 below {@link #EXP_MIN}, infinity from 88.7229. */
  public static float exp(float x) {
    float t = x > EXP_MAX ? EXP_MAX : x;
    t = t < EXP_MIN ? EXP_MIN : t;
    float shifted = Math.fma(t, LOG2_E, SHIFT);
    int n = Float.floatToRawIntBits(shifted) - SHIFT_BITS;
    int half = n >> 1;
    float mantissa = expm1Reduced(t, shifted) + 1;
    return mantissa * pow2(half) * pow2(n - half);
  }

  /** e^x for x in [-87, 88]. */
  private static float expNormal(float x) {
    float shifted = Math.fma(x, LOG2_E, SHIFT);
    return (expm1Reduced(x, shifted) + 1) * pow2(Float.floatToRawIntBits(shifted));
  }

  /** e^x - 1 for x <= 0, to 1 ulp. */
  public static float expm1(float x) {
    float t = x < EXPM1_MIN ? EXPM1_MIN : x;
    float shifted = Math.fma(t, LOG2_E, SHIFT);
    float scale = pow2(Float.floatToRawIntBits(shifted));
    return Math.fma(expm1Reduced(t, shifted), scale, scale - 1);
  }

  /** e^r - 1 of r = x - n ln 2, where n = shifted - SHIFT. */
  private static float expm1Reduced(float x, float shifted) {
    float n = shifted - SHIFT;
    float r = Math.fma(n, -LN2_HI, x);
    r = Math.fma(n, -LN2_LO, r);
    float p = Math.fma(r, EXP_6, EXP_5);
    p = Math.fma(p, r, EXP_4);
    p = Math.fma(p, r, EXP_3);
    p = Math.fma(p, r, EXP_2);
    return Math.fma(p, r * r, r);
  }

  /** 2^n, n in the low 8 bits, in [-126, 127]. */
  private static float pow2(int n) {
    return Float.intBitsToFloat((n << 23) + ONE_BITS);
  }

  /** ln x to 1 ulp; -infinity for zeros, NaN below. */
  public static float log(float x) {
    boolean denormal = x < MIN_NORMAL;
    float y = logNormal(denormal ? x * 0x1p23f : x, denormal ? -23f : 0f);
    y = x < Float.POSITIVE_INFINITY ? y : x;
    y = x < 0 ? Float.NaN : y;
    return x == 0 ? Float.NEGATIVE_INFINITY : y;
  }

  /** ln(x * 2^exponent) for positive normal x. */
  private static float logNormal(float x, float exponent) {
    int bits = Float.floatToRawIntBits(x);
    int k = (bits - SQRT_HALF_BITS) >> 23;
    float n = Float.intBitsToFloat(k + SHIFT_BITS) - SHIFT + exponent;
    float f = Float.intBitsToFloat(bits - (k << 23)) - 1;
    float p = Math.fma(f, LOG_10, LOG_9);
    p = Math.fma(p, f, LOG_8);
    p = Math.fma(p, f, LOG_7);
    p = Math.fma(p, f, LOG_6);
    p = Math.fma(p, f, LOG_5);
    p = Math.fma(p, f, LOG_4);
    p = Math.fma(p, f, LOG_3);
    p = Math.fma(p, f, -0.5f);
    float y = Math.fma(p, f * f, n * LN2_LO);
    return Math.fma(n, LN2_HI, y + f);
  }

  /** 1 / (1 + e^-x) to 3 ulp. */
  public static float sigmoid(float x) {
    float e = exp(-Math.abs(x));
    return (x < 0 ? e : 1f) / (e + 1);
  }

  /** The hyperbolic tangent to 3 ulp. */
  public static float tanh(float x) {
    float m = expm1(Math.abs(x) * -2);
    return Math.copySign(Math.abs(m) / (m + 2), x);
  }

  /** The error function to 1 ulp. */
  public static float erf(float x) {
    float magnitude = Math.abs(x);
    float body = Math.fma(erfOverX(x * x), x, x);
    float tail = 1 - expNormal(lnErfc(magnitude > ERF_MAX ? ERF_MAX : magnitude));
    return magnitude < 1 ? body : x < 0 ? -tail : tail;
  }

  private static float erfOverX(float z) {
    float p = Math.fma(z, ERF_6, ERF_5);
    p = Math.fma(p, z, ERF_4);
    p = Math.fma(p, z, ERF_3);
    p = Math.fma(p, z, ERF_2);
    p = Math.fma(p, z, ERF_1);
    return Math.fma(p, z, ERF_0);
  }

  private static float lnErfc(float x) {
    float p = Math.fma(x, ERFC_6, ERFC_5);
    p = Math.fma(p, x, ERFC_4);
    p = Math.fma(p, x, ERFC_3);
    p = Math.fma(p, x, ERFC_2);
    p = Math.fma(p, x, ERFC_1);
    return Math.fma(p, x, ERFC_0);
  }

  /** ln(1 + e^x) to 2 ulp. */
  public static float softplus(float x) {
    float e = exp(-Math.abs(x));
    float u = e + 1;
    float y = logNormal(u, 0f) + (e - (u - 1)) / u;
    return (x > 0 ? x : 0f) + y;
  }

  /** 0.5 x (1 + erf(x / sqrt 2)); error below 1.2e-7 |x|; NaN for -infinity. */
  public static float gelu(float x) {
    return x * 0.5f * (erf(x * SQRT_HALF) + 1);
  }

  /** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); error below 2e-7 |x|; NaN for -infinity. */
  public static float geluTanh(float x) {
    float inner = Math.fma(x * x * GELU_CUBIC, x, x) * SQRT_2_OVER_PI;
    return x * 0.5f * (tanh(inner) + 1);
  }

  /**
   * x^y: the square for y = 2, else what {@link #pow(double, double)} gives, rounded to float; the
   * same on every machine.
   */
  public static float pow(float x, float y) {
    return y == 2 ? x * x : (float) pow((double) x, (double) y);
  }

  /**
   * {@link StrictMath#pow} but for what IEEE 754 and C give 1: powers of 1, and infinite ones of
   * -1.
   */
  public static double pow(double x, double y) {
    boolean one = x == 1 || (x == -1 && Double.isInfinite(y));
    return one ? 1 : StrictMath.pow(x, y);
  }
}
