package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.BFLOAT16;
import static dev.lathe.tensor.DType.BOOL;
import static dev.lathe.tensor.DType.FLOAT16;
import static dev.lathe.tensor.DType.FLOAT32;
import static dev.lathe.tensor.DType.FLOAT64;
import static dev.lathe.tensor.DType.INT32;
import static dev.lathe.tensor.DType.INT64;
import static dev.lathe.tensor.DType.INT8;
import static dev.lathe.tensor.DType.UINT64;
import static dev.lathe.tensor.DType.UINT8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnxruntime.OrtException;
import dev.lathe.error.InvalidDataException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Operators that write to places named by data, against ONNX Runtime to the bit. */
class ScatterTest {

  @ParameterizedTest
  @MethodSource
  void elements(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> elements() {
    List<OperatorCase> cases = new ArrayList<>();
    Tensor distinct = Tensor.of(new long[] {1, 0, 2, -1, -2, 0}, 2, 3);
    Tensor repeated = Tensor.of(new int[] {1, 1, 2, -1, 1, 1}, 2, 3);
    for (DType type : List.of(FLOAT32, FLOAT16, FLOAT64, INT8, INT64, BOOL)) {
      cases.add(op("Scatter", 9).random(type, 3, 3).fed(distinct).random(type, 2, 3));
      cases.add(
          op("ScatterElements", 13)
              .with("axis", 1)
              .random(type, 2, 4)
              .fed(distinct)
              .random(type, 2, 3));
    }
    for (String reduction : List.of("add", "mul", "min", "max")) {
      for (DType type : List.of(FLOAT32, INT64, UINT8, FLOAT64)) {
        for (long axis = 0; axis < 2; axis++) {
          cases.add(
              op("ScatterElements", 18)
                  .with("axis", axis)
                  .with("reduction", reduction)
                  .random(type, 4, 4)
                  .fed(repeated)
                  .random(type, 2, 3));
        }
      }
    }
    cases.add(
        op("ScatterElements", 16)
            .with("axis", 1)
            .with("reduction", "add")
            .f32(40, 6, 33)
            .fed(indices(6, 35, 9, 30))
            .f32(35, 9, 30));
    cases.add(
        op("ScatterElements", 16)
            .with("axis", -1)
            .with("reduction", "mul")
            .f32(40, 6, 33)
            .fed(indices(33, 35, 5, 200))
            .f32(35, 5, 200)
            .within(1e-6));
    cases.add(op("ScatterElements", 13).f32(4).random(INT64, 0).f32(0));
    return cases.stream();
  }

  private static Tensor indices(long extent, long... dims) {
    Tensor tensor = Tensor.zeros(INT64, Shape.of(dims));
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.data().set(Tensor.I64, 8 * i, i * 7 % (2 * extent) - extent);
    }
    return tensor;
  }

  @ParameterizedTest
  @MethodSource
  void slices(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> slices() {
    List<OperatorCase> cases = new ArrayList<>();
    Tensor rows = Tensor.of(new long[] {2, -4, 1}, 3, 1);
    Tensor points = Tensor.of(new long[] {2, 0, 0, -1, 1, 1}, 3, 2);
    Tensor repeated = Tensor.of(new long[] {2, 2, 2, 2, 0, 1}, 3, 2);
    for (DType type : List.of(FLOAT32, FLOAT16, INT8, INT64, BOOL)) {
      cases.add(op("ScatterND", 11).random(type, 4, 5, 3).fed(rows).random(type, 3, 5, 3));
      cases.add(op("ScatterND", 13).random(type, 4, 5).fed(points).random(type, 3));
    }
    for (String reduction : List.of("add", "mul", "min", "max")) {
      for (DType type : List.of(FLOAT32, INT64, INT32)) {
        cases.add(
            op("ScatterND", 18)
                .with("reduction", reduction)
                .random(type, 4, 5)
                .fed(repeated)
                .random(type, 3));
      }
      cases.add(
          op("ScatterND", 18)
              .with("reduction", reduction)
              .f32(4, 5, 999)
              .fed(repeated)
              .f32(3, 999)
              .within(1e-6));
    }
    return cases.stream();
  }

  @Test
  void unsignedLongsAreComparedAsSuch() {
    Tensor data = new Tensor(UINT64, Shape.of(2), Tensor.of(new long[] {5, -1}, 2).data());
    Tensor updates = new Tensor(UINT64, Shape.of(2), Tensor.of(new long[] {-2, 7}, 2).data());
    Tensor all =
        op("ScatterElements", 18)
            .with("reduction", "max")
            .fed(data)
            .fed(Tensor.of(new long[] {0, 1}, 2))
            .fed(updates)
            .run()
            .getFirst();
    assertThat(all.toLongs()).containsExactly(-2, -1);
  }

  @Test
  void bfloat16IsAdded() {
    Tensor sum =
        op("ScatterElements", 18)
            .with("reduction", "add")
            .fed(bfloat16(1.5f, 2))
            .fed(Tensor.of(new long[] {1, 1}, 2))
            .fed(bfloat16(0.25f, 4))
            .run()
            .getFirst();
    assertThat(Elements.getDouble(BFLOAT16, sum.data(), 0, 0)).isEqualTo(1.5);
    assertThat(Elements.getDouble(BFLOAT16, sum.data(), 0, 1)).isEqualTo(6.25);
  }

  private static Tensor bfloat16(float... values) {
    Tensor tensor = Tensor.zeros(BFLOAT16, Shape.of(values.length));
    for (int i = 0; i < values.length; i++) {
      Elements.putDouble(BFLOAT16, tensor.data(), 0, i, values[i]);
    }
    return tensor;
  }

  @Test
  void indicesOutsideTheAxisAreRefused() {
    OperatorCase each = op("ScatterElements", 18).f32(3).fed(Tensor.of(new long[] {3}, 1)).f32(1);
    assertThatExceptionOfType(InvalidDataException.class)
        .isThrownBy(each::run)
        .withMessageContaining("index 3 is outside an axis of 3");
  }
}
