package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.BOOL;
import static dev.lathe.tensor.DType.INT64;
import static dev.lathe.tensor.DType.UINT8;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.UnsupportedException;
import dev.lathe.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Nodes that break their specification, and forms that are not implemented, are refused by name.
 */
class InvalidNodesTest {

  @ParameterizedTest
  @MethodSource
  void invalid(OperatorCase each) {
    assertThatExceptionOfType(InvalidModelException.class)
        .isThrownBy(each::run)
        .withMessageContaining("node 'node'");
  }

  static Stream<OperatorCase> invalid() {
    return Stream.of(
        op("Add", 13).f32(3).f32(4),
        op("Add", 13).f32(3).random(INT64, 3),
        op("Add", 13).f32(3),
        op("PRelu", 13).f32(3).f32(2, 3),
        op("Mod", 13).f32(3).f32(3),
        op("And", 13).f32(3).f32(3),
        op("Not", 13).f32(3),
        op("Where", 13).f32(3).f32(3).f32(3),
        op("Clip", 13).f32(3).f32(2),
        op("Reshape", 13).f32(6).ints(4, -1),
        op("Reshape", 13).f32(6).ints(-1, -1),
        op("Squeeze", 13).f32(2, 3).ints(0),
        op("Unsqueeze", 13).f32(2).ints(0, 0),
        op("Transpose", 13).with("perm", new long[] {0, 0}).f32(2, 3),
        op("Concat", 13).with("axis", 0).f32(2, 3).f32(2, 4),
        op("Concat", 13).f32(2, 3).f32(2, 3),
        op("Split", 13).outputs(2).f32(3),
        op("Split", 13).outputs(2).f32(3).ints(1, 1),
        op("Slice", 13).f32(3).ints(0).ints(2).ints(0).ints(0),
        op("Gather", 13).with("axis", 2).f32(2, 3).random(INT64, 1),
        op("Gather", 13).f32(2, 3).f32(1),
        op("Pad", 13).with("mode", "edge").f32(0).ints(3, 0),
        op("ReduceSum", 13).f32(2, 3).ints(5),
        op("TopK", 11).f32(2, 3).ints(4),
        op("CumSum", 14).f32(2, 3).ints(2),
        op("Trilu", 14).f32(3),
        op("OneHot", 11).random(INT64, 3).ints(4).f32(3),
        op("ScatterElements", 18).f32(3).random(INT64, 2).f32(3),
        op("ScatterND", 18).f32(3, 4).random(INT64, 2, 1).f32(2, 3),
        op("ReverseSequence", 10).with("time_axis", 1).f32(2, 3).random(INT64, 3),
        op("NonMaxSuppression", 11).f32(1, 5, 4).known().f32(1, 2, 6).known(),
        op("BitShift", 11).with("direction", "LEFT").random(INT64, 3).random(INT64, 3),
        op("BitShift", 11).random(UINT8, 3).random(UINT8, 3),
        op("Det", 22).f32(2, 3),
        op("Col2Im", 18).f32(1, 4, 5).ints(3, 3).ints(2, 2),
        op("CenterCropPad", 18).f32(4, 5).ints(3),
        op("EyeLike", 22).f32(3),
        op("RandomUniform", 22),
        op("NegativeLogLikelihoodLoss", 13).f32(2, 3).random(INT64, 3),
        op("MaxPool", 13).f32(1, 1, 4, 4),
        op("MaxPool", 13).with("kernel_shape", new long[] {5, 5}).f32(1, 1, 4, 4),
        op("AveragePool", 13).with("kernel_shape", new long[] {2}).random(INT64, 1, 1, 4),
        op("MatMul", 13).f32(2, 3).f32(2, 3),
        op("MatMul", 13).f32(2, 3, 4).f32(3, 4, 5),
        op("MatMul", 13).f32().f32(2, 3),
        op("Gemm", 13).f32(2, 3).f32(3, 4).f32(3),
        op("Gemm", 13).f32(2, 3).f32(3, 4).f32(2, 2, 4),
        op("Conv", 13).f32(1, 4, 5, 5).f32(2, 3, 3, 3),
        op("Conv", 13).f32(1, 3, 5, 5).f32(2, 3, 3, 3).f32(3),
        op("Conv", 13).with("kernel_shape", new long[] {3, 2}).f32(1, 3, 5, 5).f32(2, 3, 3, 3),
        op("BatchNormalization", 13).f32(1, 3, 2).f32(2).f32(3).f32(3).f32(3),
        op("DequantizeLinear", 13).random(UINT8, 4, 3).f32(2));
  }

  @ParameterizedTest
  @MethodSource
  void unsupported(OperatorCase each) {
    assertThatExceptionOfType(UnsupportedException.class)
        .isThrownBy(each::run)
        .withMessageContaining("node 'node'");
  }

  static Stream<OperatorCase> unsupported() {
    return Stream.of(
        op("MaxPool", 13).with("kernel_shape", new long[] {2, 2, 2, 2}).f32(1, 1, 4, 4, 4, 4),
        op("MatMul", 13).random(BOOL, 2, 2).random(BOOL, 2, 2),
        op("Conv", 13).f32(1, 1, 2, 2, 2, 2).f32(1, 1, 1, 1, 1, 1),
        op("DequantizeLinear", 13).random(BOOL, 3).f32(1),
        op("NonZero", 13).f32(3),
        op("Compress", 11).f32(3).random(BOOL, 3),
        op("ScatterND", 18).with("reduction", "sub").f32(3).random(INT64, 1, 1).f32(1),
        op("Reshape", 13).f32(6).random(INT64, 2));
  }

  @Test
  void indicesOutsideTheAxisAreRefused() {
    assertThatExceptionOfType(InvalidDataException.class)
        .isThrownBy(op("Gather", 13).f32(3, 2).fed(Tensor.of(new long[] {3}, 1))::run)
        .withMessageContaining("index 3 is outside an axis of 3");
  }

  @Test
  void integerDivisionByZeroIsRefused() {
    Tensor zero = Tensor.of(new long[] {0}, 1);
    assertThatExceptionOfType(InvalidDataException.class)
        .isThrownBy(op("Div", 13).random(INT64, 3).fed(zero)::run)
        .withMessageContaining("division by zero");
  }
}
