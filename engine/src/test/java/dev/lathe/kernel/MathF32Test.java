package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MathF32Test {

  /** A prime step through the bit patterns of all floats: more than a million of them. */
  private static final int STEP = 4093;

  @FunctionalInterface
  interface FloatFunction {
    float of(float x);
  }

  private static Arguments function(
      String name, FloatFunction function, DoubleUnaryOperator exact, double ulps) {
    return Arguments.of(Named.of(name, function), exact, ulps);
  }

  static Stream<Arguments> functions() {
    return Stream.of(
        function("exp", MathF32::exp, Math::exp, 1),
        function("expm1", x -> MathF32.expm1(-Math.abs(x)), x -> Math.expm1(-Math.abs(x)), 1),
        function("log", MathF32::log, Math::log, 1),
        function("sigmoid", MathF32::sigmoid, MathF32Test::sigmoid, 3),
        function("tanh", MathF32::tanh, Math::tanh, 3),
        function("erf", MathF32::erf, Erf::erf, 1),
        function("softplus", MathF32::softplus, MathF32Test::softplus, 2));
  }

  private static double sigmoid(double x) {
    return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("functions")
  void isWithinItsUlps(FloatFunction function, DoubleUnaryOperator exact, double ulps) {
    for (long bits = Integer.MIN_VALUE; bits <= Integer.MAX_VALUE; bits += STEP) {
      float x = Float.intBitsToFloat((int) bits);
      assertWithin(function.of(x), exact.applyAsDouble(x), ulps, x);
    }
    for (float x :
        new float[] {
          0f,
          -0f,
          Float.MIN_VALUE,
          Float.MIN_NORMAL,
          1f,
          -1f,
          Float.MAX_VALUE,
          -Float.MAX_VALUE,
          Float.POSITIVE_INFINITY,
          Float.NEGATIVE_INFINITY,
          Float.NaN
        }) {
      assertWithin(function.of(x), exact.applyAsDouble(x), ulps, x);
    }
  }

  private static void assertWithin(float actual, double exact, double ulps, float x) {
    float nearest = (float) exact;
    if (Double.isNaN(exact) || Float.isInfinite(nearest)) {
      assertThat(actual).as("at %s", x).isEqualTo(Float.valueOf(nearest));
    } else if (!(Math.abs(actual - exact) <= ulps * Math.ulp(nearest))) {
      assertThat(actual).as("at %s, %s ulps", x, ulps).isEqualTo(Float.valueOf(nearest));
    }
  }

  static Stream<Arguments> gelus() {
    return Stream.of(
        function("gelu", MathF32::gelu, x -> x / 2 * (1 + Erf.erf(x / Math.sqrt(2))), 1.2e-7),
        function(
            "geluTanh",
            MathF32::geluTanh,
            x -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
            2e-7));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("gelus")
  void geluErrorIsRelativeToItsArgument(
      FloatFunction function, DoubleUnaryOperator exact, double bound) {
    for (long bits = Integer.MIN_VALUE; bits <= Integer.MAX_VALUE; bits += STEP) {
      float x = Float.intBitsToFloat((int) bits);
      if (Float.isFinite(x)) {
        double error = Math.abs(function.of(x) - exact.applyAsDouble(x));
        if (!(error <= bound * Math.abs(x) + Float.MIN_VALUE)) {
          assertThat(error).as("at %s", x).isZero();
        }
      }
    }
    assertThat(function.of(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(function.of(Float.NEGATIVE_INFINITY)).isNaN();
    assertThat(function.of(Float.NaN)).isNaN();
  }

  @Test
  void overflowAndUnderflowOfExpAreRounded() {
    assertThat(MathF32.exp(Math.nextUp(88.72284f))).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(MathF32.exp(-103.9f)).isEqualTo(Float.MIN_VALUE);
    assertThat(MathF32.exp(-104f)).isZero();
    assertThat(MathF32.exp(0f)).isEqualTo(1f);
  }

  @Test
  void powSquaresExactlyAndKeepsTheCornersOfJava() {
    assertThat(MathF32.pow(-1.1f, 2)).isEqualTo(-1.1f * -1.1f);
    assertThat(MathF32.pow(0f, 0f)).isEqualTo(1f);
    assertThat(MathF32.pow(-8f, 1f / 3)).isNaN();
    assertThat(MathF32.pow(-0f, -1f)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(MathF32.pow(2f, -1.5f)).isEqualTo((float) Math.pow(2, -1.5));
  }
}
