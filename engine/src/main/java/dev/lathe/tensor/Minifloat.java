package dev.lathe.tensor;

/**
 * The bit patterns of ONNX's floating-point types of four and eight bits ("Float stored in 8 bits",
 * "Float stored in 4 bits" of the ONNX technical notes): sign, exponent, mantissa from the top,
 * subnormals included. E4M3FN has no infinities and one NaN per sign; the FNUZ types have one zero
 * and one NaN, 0x80; E2M1 has neither infinities nor NaN.
 */
public final class Minifloat {

  public static final Minifloat E4M3FN = new Minifloat(DType.FLOAT8E4M3FN, 7, 3, 448, 0x7F, 0x7F);
  public static final Minifloat E4M3FNUZ =
      new Minifloat(DType.FLOAT8E4M3FNUZ, 8, 3, 240, 0x80, 0x80);
  public static final Minifloat E5M2 = new Minifloat(DType.FLOAT8E5M2, 15, 2, 57344, 0x7F, 0x7C);
  public static final Minifloat E5M2FNUZ =
      new Minifloat(DType.FLOAT8E5M2FNUZ, 16, 2, 57344, 0x80, 0x80);
  public static final Minifloat E2M1 = new Minifloat(DType.FLOAT4E2M1, 1, 1, 6, 0x07, 0x07);

  private final DType dtype;
  private final int bias;
  private final int mantissa;
  private final double max;
  private final int nan;
  private final int overflow;
  private final float[] values;

  private Minifloat(DType dtype, int bias, int mantissa, double max, int nan, int overflow) {
    this.dtype = dtype;
    this.bias = bias;
    this.mantissa = mantissa;
    this.max = max;
    this.nan = nan;
    this.overflow = overflow;
    this.values = new float[1 << dtype.bits()];
    for (int bits = 0; bits < values.length; bits++) {
      values[bits] = value(bits);
    }
  }

  /**
   * The format of a type.
   *
   * @throws IllegalArgumentException for a type that is none of these
   */
  public static Minifloat of(DType dtype) {
    return switch (dtype) {
      case FLOAT8E4M3FN -> E4M3FN;
      case FLOAT8E4M3FNUZ -> E4M3FNUZ;
      case FLOAT8E5M2 -> E5M2;
      case FLOAT8E5M2FNUZ -> E5M2FNUZ;
      case FLOAT4E2M1 -> E2M1;
      default -> throw new IllegalArgumentException(dtype + " is no float of 4 or 8 bits");
    };
  }

  public DType dtype() {
    return dtype;
  }

  /** The largest finite value. */
  public double max() {
    return max;
  }

  /** The value of a pattern; bits above those of the type are ignored. */
  public float decode(int bits) {
    return values[bits & (values.length - 1)];
  }

  /**
   * The pattern nearest to a value, ties to even. Beyond {@link #max} after rounding, infinities
   * included, it is the largest finite value when {@code saturate}, else infinity where the type
   * has one, else NaN. E2M1 always saturates, NaN to its largest value.
   *
   * <p>The specification's table has NaN for the infinities of the FNUZ types under saturation; its
   * reference implementation and test cases saturate, as here.
   */
  public int encode(double value, boolean saturate) {
    int sign = (int) (Double.doubleToRawLongBits(value) >>> 63) << (dtype.bits() - 1);
    if (Double.isNaN(value)) {
      return this == E2M1 ? nan : sign | nan;
    }
    double magnitude = Math.abs(value);
    if (magnitude <= 2 * max) {
      int exponent = Math.max(Math.getExponent(magnitude), 1 - bias);
      double unit = Math.scalb(1.0, exponent - mantissa);
      magnitude = Math.rint(magnitude / unit) * unit;
    }
    if (magnitude > max) {
      return sign | (saturate || this == E2M1 ? pattern(max) : overflow);
    }
    int bits = pattern(magnitude);
    return bits == 0 && nan == 0x80 ? 0 : sign | bits;
  }

  /** The pattern of a non-negative value the type has. */
  private int pattern(double magnitude) {
    int exponent = Math.max(Math.getExponent(magnitude), 1 - bias);
    int units = (int) (magnitude / Math.scalb(1.0, exponent - mantissa));
    // The implicit leading one adds 1 to the exponent field, which is 0 for subnormals.
    return ((exponent + bias - 1) << mantissa) + units;
  }

  private float value(int bits) {
    int magnitude = bits & ((1 << (dtype.bits() - 1)) - 1);
    boolean negative = magnitude != bits;
    boolean undefined =
        switch (dtype) {
          case FLOAT8E4M3FN -> magnitude == nan;
          case FLOAT8E5M2 -> magnitude > overflow;
          case FLOAT4E2M1 -> false;
          default -> bits == nan;
        };
    if (undefined) {
      return Float.NaN;
    }
    if (dtype == DType.FLOAT8E5M2 && magnitude == overflow) {
      return negative ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY;
    }
    int exponent = magnitude >> mantissa;
    int fraction = magnitude & ((1 << mantissa) - 1);
    int units = exponent == 0 ? fraction : fraction + (1 << mantissa);
    float value = Math.scalb((float) units, Math.max(exponent, 1) - bias - mantissa);
    return negative ? -value : value;
  }
}
