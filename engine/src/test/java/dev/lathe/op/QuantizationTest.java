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
