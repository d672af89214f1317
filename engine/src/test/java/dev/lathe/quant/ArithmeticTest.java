package dev.lathe.quant;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArithmeticTest {

  /** The examples of ONNX's QuantizeLinear, and ties worked out by hand. */
  @ParameterizedTest
  @CsvSource({
    "0, 2, 128, 128",
    "2, 2, 128, 129",
    "3, 2, 128, 130", // 1.5 -> 2
    "5, 2, 128, 130", // 2.5 -> 2
    "-5, 2, 128, 126",
    "1000, 2, 128, 255",
    "254, 2, 128, 255",
    "-254, 2, 128, 1",
    "-1000, 2, 128, 0",
    "Infinity, 2, 128, 255",
    "-Infinity, 2, 128, 0",
    "NaN, 2, 7, 7",
    "3.4028235e38, 1e-38, 255, 255"
  })
  void quantizesAsOnnxSays(float x, float scale, int zeroPoint, int expected) {
    assertThat(Arithmetic.quantize(x, scale, zeroPoint, 0, 255)).isEqualTo(expected);
  }

  @Test
  void dequantizeSubtractsTheZeroPointFirst() {
    assertThat(Arithmetic.dequantize(0, 2f, 128)).isEqualTo(-256f);
    assertThat(Arithmetic.dequantize(255, 2f, 128)).isEqualTo(254f);
    assertThat(Arithmetic.dequantize(-128, 0.5f, -128)).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "100, 0.025, 3, 5", // 2.5 -> 2
    "140, 0.025, 3, 7", // 3.5 -> 4
    "-120, 0.025, 3, 0",
    "2147483647, 1, 200, 255",
    "-2147483648, 1, 200, 0",
    "16777217, 0.000001, 0, 17"
  })
  void requantizesOnceAndSaturates(int acc, float scale, int zeroPoint, int expected) {
    assertThat(Arithmetic.requantize(acc, scale, zeroPoint, 0, 255)).isEqualTo(expected);
  }

  @Test
  void everyLevelSurvivesARoundTrip() {
    for (float scale : new float[] {1e-30f, 0.1f, 0.0078125f, 3f, 1e30f}) {
      for (int zeroPoint : new int[] {0, 1, 128, 255}) {
        for (int q = 0; q <= 255; q++) {
          float x = Arithmetic.dequantize(q, scale, zeroPoint);
          assertThat(Arithmetic.quantize(x, scale, zeroPoint, 0, 255)).isEqualTo(q);
        }
      }
    }
  }

  @Test
  void biasKeepsAllBitsOfAnInt32() {
    assertThat(Arithmetic.quantizeBias(1.5f, 1f)).isEqualTo(2);
    assertThat(Arithmetic.quantizeBias(2.5f, 1f)).isEqualTo(2);
    assertThat(Arithmetic.quantizeBias(1f, 1e-9f)).isEqualTo(1000000028); // float(1e-9) < 1e-9
    assertThat(Arithmetic.quantizeBias(1f, 1e-12f)).isEqualTo(Integer.MAX_VALUE);
    assertThat(Arithmetic.quantizeBias(Float.NaN, 1f)).isZero();
  }
}
