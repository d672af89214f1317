package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.INT16;
import static dev.lathe.tensor.DType.INT32;
import static dev.lathe.tensor.DType.INT8;
import static dev.lathe.tensor.DType.UINT8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** QuantizeLinear and DequantizeLinear against ONNX Runtime: to the bit. */
class QuantizationTest {

  private static final Tensor SCALE = Tensor.scalar(0.021f);
  private static final Tensor SCALES = Tensor.of(new float[] {0.5f, 0.01f, 0.03f}, 3);
  private static final Tensor BLOCK_SCALES =
      Tensor.of(new float[] {0.5f, 0.01f, 0.03f, 0.2f, 0.7f, 0.04f}, 2, 3);

  @ParameterizedTest
  @MethodSource
  void quantize(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> quantize() {
    return Stream.of(
        op("QuantizeLinear", 10).f32(7, 50).fed(SCALE).fed(zero(UINT8, 120)).known(),
        op("QuantizeLinear", 13).f32(7, 50).fed(SCALE).known(),
        op("QuantizeLinear", 13).fed(halves()).fed(Tensor.scalar(1)).fed(zero(UINT8, 3)),
        op("QuantizeLinear", 13).fed(halves()).fed(Tensor.scalar(1)).fed(zero(INT8, 3)),
        op("QuantizeLinear", 13).f32(7, 50).fed(SCALE).fed(zero(INT8, -5)),
        op("QuantizeLinear", 13).f32(2, 3, 5).fed(SCALES).fed(zeros(INT8, 1, 2, -3)),
        op("QuantizeLinear", 13).with("axis", -1).f32(5, 3).fed(SCALES).fed(zeros(UINT8, 1, 2, 3)),
        op("QuantizeLinear", 21).f32(40).fed(SCALE).fed(zero(INT16, -50)),
        op("QuantizeLinear", 21).with("output_dtype", INT8.code()).f32(40).fed(SCALE),
        op("QuantizeLinear", 21)
            .with("axis", 0)
            .with("block_size", 2)
            .f32(4, 3)
            .fed(BLOCK_SCALES)
            .fed(Tensor.of(UINT8, new byte[] {1, 2, 3, 4, 5, 6}, 2, 3)));
  }

  @ParameterizedTest
  @MethodSource
  void dequantize(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> dequantize() {
    return Stream.of(
        op("DequantizeLinear", 10).random(UINT8, 7, 50).fed(SCALE).fed(zero(UINT8, 120)),
        op("DequantizeLinear", 13).random(UINT8, 7, 50).fed(SCALE).known(),
        op("DequantizeLinear", 13).random(INT8, 70).fed(SCALE).fed(zero(INT8, -5)),
        op("DequantizeLinear", 13).random(INT32, 70).fed(SCALE),
        op("DequantizeLinear", 13).random(INT8, 2, 3, 5).fed(SCALES).fed(zeros(INT8, 1, 2, -3)),
        op("DequantizeLinear", 13).with("axis", 0).random(INT8, 3, 70).fed(SCALES).known(),
        op("DequantizeLinear", 19).random(INT8, 40).fed(f16(0.25f)).fed(zero(INT8, -5)),
        op("DequantizeLinear", 21).random(INT16, 40).fed(SCALE).fed(zero(INT16, -50)),
        op("DequantizeLinear", 21)
            .with("axis", 0)
            .with("block_size", 2)
            .random(UINT8, 3, 3)
            .fed(BLOCK_SCALES)
            .fed(Tensor.of(UINT8, new byte[] {1, 2, 3, 4, 5, 6}, 2, 3)));
  }

  @Test
  void quantizesIntegers() {
    Tensor x = Tensor.of(new int[] {0, 3, 4, -4, 10, -11, 1_000_000, -1_000_000}, 8);
    Tensor y =
        op("QuantizeLinear", 13).fed(x).fed(Tensor.scalar(7)).fed(zero(INT8, 2)).run().getFirst();
    assertThat(y.toLongs()).containsExactly(2, 2, 3, 1, 3, 0, 127, -128);
  }

  @Test
  void halfPrecision() {
    Tensor x = Tensor.zeros(DType.FLOAT16, Shape.of(4));
    float[] values = {0.625f, 0.875f, -1, 3};
    for (int i = 0; i < values.length; i++) {
      Elements.putDouble(DType.FLOAT16, x.data(), 0, i, values[i]);
    }
    Tensor y = op("QuantizeLinear", 19).fed(x).fed(f16(0.25f)).fed(zero(UINT8, 9)).run().getFirst();
    assertThat(y.toLongs()).containsExactly(11, 13, 5, 21);
  }

  @Test
  void fourBits() {
    Tensor x = Tensor.of(new float[] {-40, -8, -0.25f, 0.75f, 3, 40, Float.NaN}, 7);
    for (DType type : new DType[] {DType.INT4, DType.UINT4}) {
      OperatorCase quantize =
          op("QuantizeLinear", 21).fed(x).fed(Tensor.scalar(0.5f)).fed(zero(type, 2));
      Tensor levels = quantize.run().getFirst();
      assertThat(levels.dtype()).isEqualTo(type);
      long[] expected =
          type == DType.INT4
              ? new long[] {-8, -8, 2, 4, 7, 7, 2}
              : new long[] {0, 0, 2, 4, 8, 15, 2};
      assertThat(levels.toLongs()).containsExactly(expected);
      Tensor back =
          op("DequantizeLinear", 21)
              .fed(levels)
              .fed(Tensor.scalar(0.5f))
              .fed(zero(type, 2))
              .run()
              .getFirst();
      for (int i = 0; i < expected.length; i++) {
        assertThat(back.f32(i)).isEqualTo((expected[i] - 2) * 0.5f);
      }
    }
  }

  @Test
  void floatsOfEightBits() {
    Tensor x = Tensor.of(new float[] {0, 2, -2.1f, 896, 2000, -1e9f, Float.NaN}, 7);
    float nan = Float.NaN;
    float infinity = Float.POSITIVE_INFINITY;
    check8(DType.FLOAT8E4M3FN, x, 1, 0, 2, -2, 896, 896, -896, nan);
    check8(DType.FLOAT8E4M3FN, x, 0, 0, 2, -2, 896, nan, nan, nan);
    check8(DType.FLOAT8E4M3FNUZ, x, 1, 0, 2, -2, 480, 480, -480, nan);
    check8(DType.FLOAT8E5M2, x, 1, 0, 2, -2, 896, 2048, -114688, nan);
    check8(DType.FLOAT8E5M2, x, 0, 0, 2, -2, 896, 2048, -infinity, nan);
    check8(DType.FLOAT8E5M2FNUZ, x, 0, 0, 2, -2, 896, 2048, nan, nan);
  }

  /** Quantizes with scale 2 and back. */
  private static void check8(DType type, Tensor x, long saturate, float... expected) {
    Tensor zero = Tensor.zeros(type, Shape.scalar());
    Tensor levels =
        op("QuantizeLinear", 19)
            .with("saturate", saturate)
            .fed(x)
            .fed(Tensor.scalar(2))
            .fed(zero)
            .run()
            .getFirst();
    assertThat(levels.dtype()).isEqualTo(type);
    Tensor back =
        op("DequantizeLinear", 19).fed(levels).fed(Tensor.scalar(2)).fed(zero).run().getFirst();
    assertThat(back.toFloats()).containsExactly(expected);
  }

  private static Tensor f16(float value) {
    Tensor tensor = Tensor.zeros(DType.FLOAT16, Shape.scalar());
    Elements.putDouble(DType.FLOAT16, tensor.data(), 0, 0, value);
    return tensor;
  }

  private static Tensor zero(DType type, long value) {
    return zeros(type, value).reshape(Shape.scalar());
  }

  private static Tensor zeros(DType type, long... values) {
    Tensor tensor = Tensor.zeros(type, Shape.of(values.length));
    for (int i = 0; i < values.length; i++) {
      Elements.putLong(type, tensor.data(), 0, i, values[i]);
    }
    return tensor;
  }

  /** Ties, the saturated ends and infinities. */
  private static Tensor halves() {
    return Tensor.of(
        new float[] {
          -0.5f, 0.5f, 1.5f, 2.5f, -1.5f, -2.5f, 251.5f, 252.5f, 253.5f, -3.5f, -4.5f, 1e30f,
          -1e30f, 124.5f, 125.5f, -130.5f, -131.5f, -132f
        },
        18);
  }
}
