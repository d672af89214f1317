package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.BOOL;
import static dev.lathe.tensor.DType.FLOAT16;
import static dev.lathe.tensor.DType.FLOAT32;
import static dev.lathe.tensor.DType.FLOAT64;
import static dev.lathe.tensor.DType.INT32;
import static dev.lathe.tensor.DType.INT64;
import static dev.lathe.tensor.DType.UINT32;
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
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Operators on the lines, matrices and blocks of a tensor, against ONNX Runtime and against plain
 * code.
 */
class LinesTest {

  @ParameterizedTest
  @MethodSource
  void sums(OperatorCase each) throws OrtException {
    each.within(1e-5).check();
  }

  static Stream<OperatorCase> sums() {
    List<OperatorCase> cases = new ArrayList<>();
    for (DType type : List.of(FLOAT32, FLOAT64, INT32, INT64)) {
      for (long axis : new long[] {0, 1, -1}) {
        cases.add(op("CumSum", 11).random(type, 4, 30, 5).ints(axis));
        cases.add(op("CumSum", 14).with("exclusive", 1).random(type, 4, 30, 5).ints(axis));
        cases.add(op("CumSum", 14).with("reverse", 1).random(type, 4, 30, 5).ints(axis));
        cases.add(
            op("CumSum", 14)
                .with("reverse", 1)
                .with("exclusive", 1)
                .random(type, 4, 30, 5)
                .ints(axis));
      }
    }
    cases.add(op("CumSum", 14).f32(3, 0).ints(1));
    return cases.stream();
  }

  @Test
  void unsignedSumsWrap() {
    Tensor input = Tensor.zeros(UINT32, Shape.of(2));
    input.data().set(Tensor.I32, 0, -1);
    input.data().set(Tensor.I32, 4, 3);
    assertThat(op("CumSum", 14).fed(input).ints(0).run().getFirst().toLongs())
        .containsExactly(0xFFFF_FFFFL, 2);
  }

  @ParameterizedTest
  @MethodSource
  void triangles(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> triangles() {
    List<OperatorCase> cases = new ArrayList<>();
    for (long upper = 0; upper < 2; upper++) {
      for (DType type : List.of(FLOAT32, FLOAT64, INT64, BOOL)) {
        cases.add(op("Trilu", 14).with("upper", upper).random(type, 3, 4, 6));
      }
      for (long k : new long[] {-9, -4, -2, -1, 0, 1, 3, 6, 9}) {
        Tensor diagonal = Tensor.of(new long[] {k});
        cases.add(op("Trilu", 14).with("upper", upper).f32(2, 4, 6).fed(diagonal));
        cases.add(op("Trilu", 14).with("upper", upper).f32(5, 3).fed(diagonal).known());
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource
  void reversals(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> reversals() {
    Tensor four = Tensor.of(new long[] {0, 1, 3, 5}, 4);
    List<OperatorCase> cases = new ArrayList<>();
    for (DType type : List.of(FLOAT32, BOOL, INT64, UINT8)) {
      cases.add(op("ReverseSequence", 10).random(type, 5, 4, 7).fed(four));
      cases.add(
          op("ReverseSequence", 10)
              .with("batch_axis", 0)
              .with("time_axis", 1)
              .random(type, 4, 5)
              .fed(four));
    }
    return cases.stream();
  }

  @Test
  void sequencesLongerThanTimeAreRefused() {
    OperatorCase each = op("ReverseSequence", 10).f32(5, 1).fed(Tensor.of(new long[] {6}, 1));
    assertThatExceptionOfType(InvalidDataException.class)
        .isThrownBy(each::run)
        .withMessageContaining("sequence length 6 for 5 time steps");
  }

  @ParameterizedTest
  @MethodSource
  void identities(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> identities() {
    return Stream.of(
        op("EyeLike", 9).f32(4, 6),
        op("EyeLike", 9).with("k", 2).f32(4, 6),
        op("EyeLike", 9).with("k", -3).f32(4, 6),
        op("EyeLike", 9).with("k", 100).f32(4, 6),
        op("EyeLike", 9).with("dtype", DType.FLOAT64.code()).random(INT32, 5, 5),
        op("EyeLike", 9).with("dtype", DType.INT64.code()).f32(5, 2));
  }

  @ParameterizedTest
  @MethodSource
  void determinants(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> determinants() {
    return Stream.of(
        op("Det", 11).f32(2, 2).within(1e-5),
        op("Det", 11).f32(5, 3, 4, 4).within(1e-4),
        op("Det", 11).fed(Tensor.of(new float[] {0, 1, 1, 0}, 2, 2)),
        op("Det", 11).fed(Tensor.of(new float[] {0, 2, 0, 0, 0, 3, 4, 0, 0}, 3, 3)),
        op("Det", 11).fed(Tensor.of(new float[] {1, 2, 2, 4}, 2, 2)));
  }

  @ParameterizedTest
  @MethodSource
  void columns(OperatorCase each) throws OrtException {
    each.within(1e-6).check();
  }

  static Stream<OperatorCase> columns() {
    return Stream.of(
        op("Col2Im", 18).f32(1, 5, 5).ints(5, 5).ints(1, 5),
        op("Col2Im", 18)
            .with("pads", new long[] {0, 1, 0, 1})
            .f32(2, 15, 3 * 4)
            .ints(5, 6)
            .ints(3, 5),
        op("Col2Im", 18).with("strides", new long[] {2, 2}).f32(1, 9, 4).ints(5, 5).ints(3, 3),
        op("Col2Im", 18).with("dilations", new long[] {1, 5}).f32(1, 4, 5).ints(6, 6).ints(2, 2),
        op("Col2Im", 18).f32(1, 10, 16).ints(4, 4, 5).ints(1, 1, 5));
  }

  @ParameterizedTest
  @MethodSource
  void crops(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> crops() {
    List<OperatorCase> cases = new ArrayList<>();
    for (DType type : List.of(FLOAT32, INT64, FLOAT16)) {
      cases.add(op("CenterCropPad", 18).random(type, 20, 10, 3).ints(10, 7, 3));
      cases.add(op("CenterCropPad", 18).random(type, 10, 7).ints(20, 10));
      cases.add(op("CenterCropPad", 18).random(type, 20, 8).ints(7, 11));
    }
    cases.add(op("CenterCropPad", 18).with("axes", new long[] {-1, 0}).f32(20, 3, 8).ints(10, 11));
    cases.add(op("CenterCropPad", 18).f32(5).ints(5));
    return cases.stream();
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"UINT16", "BFLOAT16", "UINT64", "FLOAT8E4M3FN", "BOOL"})
  void bytesOfEveryTypeMove(DType type) {
    Tensor input = Tensor.zeros(type, Shape.of(3, 3));
    for (int i = 0; i < input.data().byteSize(); i++) {
      input.data().set(Tensor.I8, i, (byte) (type == DType.BOOL ? 1 : i + 1));
    }
    Tensor cropped = op("CenterCropPad", 18).fed(input).ints(1, 3).run().getFirst();
    long row = input.data().byteSize() / 3;
    assertThat(cropped.data().mismatch(input.data().asSlice(row, row))).isEqualTo(-1);
    Tensor lower = op("Trilu", 14).with("upper", 0).fed(input).run().getFirst();
    long bytes = type.bits() / 8;
    assertThat(lower.data().asSlice(0, bytes).mismatch(input.data().asSlice(0, bytes)))
        .isEqualTo(-1);
    assertThat(lower.data().get(Tensor.I8, bytes)).isZero();
  }
}
