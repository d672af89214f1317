package dev.lathe.report.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.UsageException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class ClosenessTest {

  private static final float NAN = Float.NaN;
  private static final float INF = Float.POSITIVE_INFINITY;

  private static boolean close(float actual, float expected) {
    return Closeness.ONNX.mismatch(Tensor.scalar(actual), Tensor.scalar(expected)) == null;
  }

  @Test
  void theToleranceIsRelativeToTheExpectedValue() {
    assertThat(close(1000.9f, 1000)).isTrue();
    assertThat(close(1001.1f, 1000)).isFalse();
    assertThat(close(0.9e-7f, 0)).isTrue();
    assertThat(close(1.1e-7f, 0)).isFalse();
  }

  @Test
  void whatIsNoNumberIsCloseToItselfAlone() {
    assertThat(close(NAN, NAN)).isTrue();
    assertThat(close(INF, INF)).isTrue();
    assertThat(close(-INF, INF)).isFalse();
    assertThat(close(NAN, 0)).isFalse();
    assertThat(close(0, NAN)).isFalse();
    assertThat(close(INF, Float.MAX_VALUE)).isFalse();
    assertThat(close(0, INF)).isFalse();
  }

  @Test
  void theMessageNamesTheWorstElement() {
    Tensor actual = Tensor.of(new float[] {1, 2, 30, 4.5f}, 4);
    Tensor expected = Tensor.of(new float[] {1, 2, 3, 4}, 4);

    assertThat(Closeness.ONNX.mismatch(actual, expected))
        .isEqualTo("2 of 4 values differ, most element 2: 30.0, expected 3.0");
  }

  @Test
  void integersTypesAndShapesMustBeEqual() {
    Tensor bytes = Tensor.of(DType.UINT8, new byte[] {1, 2, 3}, 3);

    assertThat(Closeness.ONNX.mismatch(bytes, Tensor.of(DType.UINT8, new byte[] {1, 2, 4}, 3)))
        .isEqualTo("byte 2 of 3 differs");
    assertThat(Closeness.ONNX.mismatch(bytes, Tensor.of(DType.INT8, new byte[] {1, 2, 3}, 3)))
        .isEqualTo("is uint8 3, expected int8 3");
    assertThat(Closeness.ONNX.mismatch(bytes, Tensor.of(DType.UINT8, new byte[] {1, 2, 3}, 1, 3)))
        .isEqualTo("is uint8 3, expected uint8 1x3");
  }

  @Test
  void bfloat16MayBeAUnitInTheLastPlaceApart() {
    assertThat(Closeness.ONNX.mismatch(bfloat16(0x3f80), bfloat16(0x3f81))).isNull();
    assertThat(Closeness.ONNX.mismatch(bfloat16(0x3f82), bfloat16(0x3f80))).isNotNull();
  }

  @Test
  void negativeTolerancesAreRefused() {
    assertThatThrownBy(() -> new Closeness(-1, 0)).isInstanceOf(UsageException.class);
  }

  private static Tensor bfloat16(int bits) {
    return new Tensor(
        DType.BFLOAT16, Shape.of(1), MemorySegment.ofArray(new short[] {(short) bits}));
  }
}
