package dev.lathe.compress.scheme;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.tensor.DType;
import org.jspecify.annotations.Nullable;

/** Floats that keep the top bits, rounded to nearest even; what is out of range saturates. */
record FloatScheme(String name, FloatFormat format) implements WeightScheme {

  /**
   * {@code float:E,M}.
   *
   * @throws UsageException unless E is 2 to 8 and M 0 to 23
   */
  static FloatScheme of(int exponent, int mantissa) {
    if (exponent < 2 || exponent > 8 || mantissa > 23) {
      throw new UsageException(
          new Problem(
              "float32 has no such part",
              "float:" + exponent + "," + mantissa,
              "the exponent has 2 to 8 bits, the mantissa 0 to 23",
              "float:5,10 is fp16, float:8,7 is bf16"));
    }
    return new FloatScheme(
        "float:" + exponent + "," + mantissa, FloatFormat.ieee(exponent, mantissa));
  }

  @Override
  public int bits() {
    return format.bits();
  }

  @Override
  public boolean hasParameters() {
    return false;
  }

  @Override
  public @Nullable DType storage() {
    if (format.equals(FloatFormat.ieee(5, 10))) {
      return DType.FLOAT16;
    }
    if (format.equals(FloatFormat.ieee(8, 7))) {
      return DType.BFLOAT16;
    }
    if (format.equals(FloatFormat.ieee(5, 2))) {
      return DType.FLOAT8E5M2;
    }
    return format.equals(FloatFormat.e4m3()) ? DType.FLOAT8E4M3FN : null;
  }

  @Override
  public WeightCode encode(float[] rows, Pieces pieces) {
    float[] values = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      values[i] = format.round(rows[i]);
    }
    return new WeightCode.Reduced(format, values);
  }
}
