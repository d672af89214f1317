package dev.lathe.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.tensor.DType;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantParamsTest {

  @ParameterizedTest
  @CsvSource({
    // min, max, bits, scale, zero point
    "-1, 1.55, 8, 0.01, 100",
    "0, 2.55, 8, 0.01, 0",
    "-2.55, 0, 8, 0.01, 255",
    "1, 2.55, 8, 0.01, 0", // widened to [0, 2.55]
    "-2.55, -1, 8, 0.01, 255",
    "-1, 2, 2, 1, 1",
    "0, 7, 3, 1, 0",
    "5, 5, 8, 0.019607844, 0", // a constant is the highest level
    "-5, -5, 8, 0.019607844, 255",
    "0, 0, 8, 1, 0",
    "0, 1e-40, 8, 1, 0"
  })
  void affineMinMax(float min, float max, int bits, float scale, int zeroPoint) {
    QuantParams params =
        QuantParams.choose(Scheme.AFFINE, Levels.affine(DType.UINT8, bits), new Range(min, max));

    assertThat(params.scale(0)).isCloseTo(scale, within(scale * 1e-6f));
    assertThat(params.zeroPoint(0)).isEqualTo(zeroPoint);
  }

  @Test
  void signedAffineIsUnsignedMinusHalfTheLevels() {
    Range range = new Range(-1, 1.55f);
    QuantParams unsigned = QuantParams.choose(Scheme.AFFINE, Levels.affine(DType.UINT8, 8), range);
    QuantParams signed = QuantParams.choose(Scheme.AFFINE, Levels.affine(DType.INT8, 8), range);

    assertThat(signed.scale(0)).isEqualTo(unsigned.scale(0));
    assertThat(signed.zeroPoint(0)).isEqualTo(unsigned.zeroPoint(0) - 128);
  }

  @ParameterizedTest
  @CsvSource({"-1.27, 0.5, 8, 0.01", "0.1, 1.27, 8, 0.01", "-3, 2, 3, 1", "-0.5, 0.25, 2, 0.5"})
  void symmetricMaxAbs(float min, float max, int bits, float scale) {
    QuantParams params =
        QuantParams.choose(Scheme.SYMMETRIC, Levels.symmetric(bits), new Range(min, max));

    assertThat(params.scale(0)).isCloseTo(scale, within(scale * 1e-6f));
    assertThat(params.zeroPoint(0)).isZero();
    assertThat(params.levels().min()).isEqualTo(-params.levels().max());
  }

  @ParameterizedTest
  @EnumSource(Scheme.class)
  void roundTripIsWithinHalfAStepAndZeroIsExact(Scheme scheme) {
    Random random = new Random(7);
    for (int trial = 0; trial < 2000; trial++) {
      int bits = 2 + random.nextInt(7);
      float magnitude = (float) Math.pow(10, random.nextInt(60) - 30);
      float a = (random.nextFloat() * 2 - 1) * magnitude;
      float b = (random.nextFloat() * 2 - 1) * magnitude;
      Range range = new Range(Math.min(a, b), Math.max(a, b));
      QuantParams params = QuantParams.choose(scheme, scheme.levels(bits), range);

      assertThat(params.dequantize(params.quantize(0, 0), 0)).isZero();
      for (int i = 0; i <= 20; i++) {
        float x = range.min() + (range.max() - range.min()) * (i / 20f);
        float error = Math.abs(x - params.dequantize(params.quantize(x, 0), 0));
        assertThat(error)
            .as("%s of %s with %s", x, range, params)
            .isLessThanOrEqualTo(params.scale(0) * 0.501f);
      }
    }
  }

  /** q = round((x - min) / (max - min) * (2^b - 1)), up to the shift that makes zero exact. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 6, 7, 8})
  void affineIsTheMinMaxFormulaWithinOneLevel(int bits) {
    float min = -0.731f;
    float max = 1.234f;
    QuantParams params =
        QuantParams.choose(Scheme.AFFINE, Levels.affine(DType.UINT8, bits), new Range(min, max));
    int top = (1 << bits) - 1;

    for (float x = min; x <= max; x += 0.01f) {
      int formula = (int) Math.round((x - min) / (max - min) * (double) top);
      assertThat(params.quantize(x, 0)).isBetween(formula - 1, formula + 1);
    }
    assertThat(params.quantize(min, 0)).isZero();
    assertThat(params.quantize(max, 0)).isEqualTo(top);
  }

  @ParameterizedTest
  @EnumSource(Scheme.class)
  void theWidestRangeOfFloatsStaysFinite(Scheme scheme) {
    for (int bits = 2; bits <= 8; bits++) {
      Levels levels = scheme.levels(bits);
      QuantParams params =
          QuantParams.choose(scheme, levels, new Range(-Float.MAX_VALUE, Float.MAX_VALUE));

      assertThat(params.scale(0)).isFinite().isPositive();
      assertThat(params.dequantize(levels.min(), 0)).isFinite().isNegative();
      assertThat(params.dequantize(levels.max(), 0)).isFinite().isPositive();
    }
  }

  @Test
  void aChannelOfZerosTakesTheLargestScale() {
    QuantParams params =
        QuantParams.choose(
            Scheme.SYMMETRIC,
            Levels.symmetric(8),
            0,
            List.of(new Range(-1.27f, 0), new Range(0, 0), new Range(0, 2.54f)));

    assertThat(params.scale(1)).isEqualTo(params.scale(2));
  }

  @Test
  void rejectsRangesAndParametersThatCannotBe() {
    assertThatThrownBy(() -> new Range(Float.NaN, 1)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> new Range(0, Float.POSITIVE_INFINITY)).hasMessageContaining("Inf");
    assertThatThrownBy(() -> new Range(1, 0)).hasMessageContaining("[1.0, 0.0]");
    assertThatThrownBy(() -> Levels.symmetric(1)).hasMessageContaining("2 to 16");
    assertThatThrownBy(() -> Levels.affine(DType.INT32, 8)).hasMessageContaining("int32");
    Levels levels = Levels.affine(DType.UINT8, 4);
    assertThatThrownBy(
            () -> QuantParams.of(levels, QuantParams.PER_TENSOR, new float[] {0}, new int[] {0}))
        .hasMessageContaining("scale[0]");
    assertThatThrownBy(
            () -> QuantParams.of(levels, QuantParams.PER_TENSOR, new float[] {1}, new int[] {16}))
        .hasMessageContaining("zero point 16");
  }
}
