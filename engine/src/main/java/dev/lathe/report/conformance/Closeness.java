package dev.lathe.report.conformance;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether a tensor is the expected one. Type and shape must be equal. Real numbers are close when
 * {@code |actual - expected| <= absolute + relative * |expected|}; not-a-number is close to itself
 * alone, an infinity to that infinity, as in NumPy's {@code assert_allclose}. Bfloat16 has fewer
 * digits than the tolerance asks for; it may be a unit in the last place apart, because ONNX's
 * runner compares its bits as integers and its data are truncated. Everything else must be equal.
 */
public record Closeness(double relative, double absolute) {

  /** What ONNX's own runner allows. */
  public static final Closeness ONNX = new Closeness(1e-3, 1e-7);

  /** Two neighbours are at most this far apart, relative to the lower. */
  private static final double BFLOAT16_UNIT = 0x1p-7;

  public Closeness {
    if (!(relative >= 0 && absolute >= 0)) {
      throw new UsageException(
          Problem.of(
              "tolerances must be 0 or more, got " + relative + " and " + absolute,
              "options --rtol, --atol"));
    }
  }

  /** What sets a tensor apart from the expected one; null when it is close. */
  public @Nullable String mismatch(Tensor actual, Tensor expected) {
    String other = mismatchOfForm(actual, expected);
    if (other != null) {
      return other;
    }
    if (isReal(actual.dtype())) {
      return mismatchOfReals(actual, expected);
    }
    long at = actual.data().mismatch(expected.data());
    return at < 0 ? null : "byte " + at + " of " + actual.data().byteSize() + " differs";
  }

  /** The same of type and shape alone. */
  static @Nullable String mismatchOfForm(Tensor actual, Tensor expected) {
    return actual.dtype() == expected.dtype() && actual.shape().equals(expected.shape())
        ? null
        : "is " + actual + ", expected " + expected;
  }

  private @Nullable String mismatchOfReals(Tensor actual, Tensor expected) {
    double allowed =
        actual.dtype() == DType.BFLOAT16 ? Math.max(relative, BFLOAT16_UNIT) : relative;
    long far = 0;
    long worst = 0;
    double worstExcess = Double.NEGATIVE_INFINITY;
    for (long i = 0; i < actual.elements(); i++) {
      double excess = excess(real(actual, i), real(expected, i), allowed, absolute);
      if (excess > 0) {
        far++;
        if (excess > worstExcess) {
          worstExcess = excess;
          worst = i;
        }
      }
    }
    return far == 0
        ? null
        : String.format(
            Locale.ROOT,
            "%d of %d values differ, most element %d: %s, expected %s",
            far,
            actual.elements(),
            worst,
            real(actual, worst),
            real(expected, worst));
  }

  /** How much farther apart two values are than allowed. */
  private static double excess(double actual, double expected, double relative, double absolute) {
    if (actual == expected || (Double.isNaN(actual) && Double.isNaN(expected))) {
      return 0;
    }
    if (!Double.isFinite(actual) || !Double.isFinite(expected)) {
      return Double.POSITIVE_INFINITY;
    }
    return Math.abs(actual - expected) - (absolute + relative * Math.abs(expected));
  }

  private static boolean isReal(DType dtype) {
    return switch (dtype) {
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> true;
      default -> false;
    };
  }

  private static double real(Tensor tensor, long index) {
    return switch (tensor.dtype()) {
      case FLOAT32 -> tensor.f32(index);
      case FLOAT64 -> tensor.data().get(Tensor.F64, index * 8);
      case FLOAT16 -> Float.float16ToFloat(tensor.data().get(Tensor.I16, index * 2));
      case BFLOAT16 -> Float.intBitsToFloat(tensor.data().get(Tensor.I16, index * 2) << 16);
      default -> throw new IllegalArgumentException(tensor.dtype().toString());
    };
  }
}
