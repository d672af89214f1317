package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.FLOAT32;
import static dev.lathe.tensor.DType.FLOAT64;
import static dev.lathe.tensor.DType.INT32;
import static dev.lathe.tensor.DType.INT64;
import static dev.lathe.tensor.DType.INT8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Reductions, pooling, normalizations and softmax against ONNX Runtime. */
class ReductionTest {

  private static final double CLOSE = 4e-6;

  @ParameterizedTest
  @MethodSource
  void reductions(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> reductions() {
    List<OperatorCase> cases = new ArrayList<>();
    List<String> names =
        List.of(
            "ReduceSum",
            "ReduceMean",
            "ReduceMax",
            "ReduceMin",
            "ReduceProd",
            "ReduceL1",
            "ReduceL2",
            "ReduceSumSquare");
    for (String name : names) {
      cases.add(op(name, 11).with("axes", new long[] {1}).f32(3, 4, 5).within(CLOSE));
      cases.add(op(name, 11).with("axes", new long[] {0, -1}).f32(3, 4, 5).within(CLOSE));
      cases.add(op(name, 11).with("keepdims", 0).f32(3, 4).within(CLOSE));
      cases.add(op(name, 18).with("keepdims", 0).f32(2, 3, 4, 5).ints(2, 3).within(CLOSE));
      cases.add(op(name, 18).f32(70, 50, 21).ints(1).within(1e-4));
      cases.add(op(name, 18).random(INT32, 3, 4).ints(1));
    }
    cases.add(op("ReduceLogSum", 18).fed(positives()).ints(1).within(CLOSE));
    cases.add(op("ReduceLogSumExp", 18).f32(3, 4, 5).ints(1, 2).within(CLOSE));
    cases.add(op("ReduceLogSumExp", 11).with("keepdims", 0).f32(3, 4, 5).within(CLOSE));
    cases.add(
        op("ReduceLogSumExp", 18)
            .fed(Tensor.of(new float[] {1000, 999, -1000, Float.NEGATIVE_INFINITY}, 2, 2))
            .ints(1)
            .within(CLOSE));
    cases.add(op("ReduceMax", 20).random(DType.BOOL, 3, 4).ints(1));
    cases.add(op("ReduceMin", 20).random(DType.BOOL, 3, 4).ints(0));
    for (DType type : List.of(DType.INT8, DType.UINT8)) {
      cases.add(op("ReduceMax", 18).random(type, 3, 4).ints(1));
      cases.add(op("ReduceMin", 18).random(type, 3, 4).ints(1));
    }
    cases.add(op("ReduceSum", 13).with("noop_with_empty_axes", 1).f32(3, 4));
    cases.add(op("ReduceSum", 13).f32(3, 4).ints(-1).within(CLOSE));
    cases.add(op("ReduceSum", 13).random(INT64, 3, 4).ints(0));
    cases.add(op("ReduceMean", 13).random(FLOAT64, 3, 4).within(1e-12));
    cases.add(op("GlobalAveragePool", 7).f32(2, 3, 7, 7).within(CLOSE));
    cases.add(op("GlobalAveragePool", 7).f32(2, 3, 7).within(CLOSE));
    cases.add(op("GlobalMaxPool", 7).f32(2, 3, 4, 5));
    for (String name : List.of("ArgMax", "ArgMin")) {
      cases.add(op(name, 13).f32(4, 5));
      cases.add(op(name, 13).with("axis", -1).with("keepdims", 0).f32(3, 4, 5));
      cases.add(op(name, 13).with("axis", 1).with("select_last_index", 1).fed(ties()));
      cases.add(op(name, 13).with("axis", 1).fed(ties()));
    }
    return cases.stream();
  }

  @Test
  void reducesNothing() {
    assertThat(ofNothing("ReduceSum", FLOAT32).f32(0)).isZero();
    assertThat(ofNothing("ReduceProd", FLOAT32).f32(0)).isOne();
    assertThat(ofNothing("ReduceMax", FLOAT32).f32(0)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(ofNothing("ReduceMin", FLOAT32).f32(0)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(ofNothing("ReduceLogSum", FLOAT32).f32(0)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(ofNothing("ReduceLogSumExp", FLOAT32).f32(0)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(ofNothing("ReduceMean", FLOAT32).f32(0)).isNaN();
    assertThat(ofNothing("ReduceMax", INT32).integer(0)).isEqualTo(Integer.MIN_VALUE);
    assertThat(ofNothing("ReduceMin", INT32).integer(0)).isEqualTo(Integer.MAX_VALUE);
    assertThat(ofNothing("ReduceMin", DType.UINT8).integer(0)).isEqualTo(255);
    assertThat(ofNothing("ReduceMin", DType.BOOL).integer(0)).isOne();
  }

  private static Tensor ofNothing(String name, DType type) {
    return op(name, 18).random(type, 2, 0).ints(1).run().getFirst();
  }

  @Test
  void unsignedLongsKeepTheirOrder() {
    Tensor x = Tensor.zeros(DType.UINT64, Shape.of(3));
    x.data().set(Tensor.I64, 0, -2);
    x.data().set(Tensor.I64, 8, 7);
    x.data().set(Tensor.I64, 16, 1);
    assertThat(op("ReduceMax", 18).fed(x).run().getFirst().integer(0)).isEqualTo(-2);
    assertThat(op("ReduceMin", 18).fed(x).run().getFirst().integer(0)).isEqualTo(1);
    assertThat(op("ReduceL1", 18).fed(x).run().getFirst().integer(0)).isEqualTo(6);
  }

  private static Tensor positives() {
    return Tensor.of(new float[] {1, 2, 0.5f, 3, 0.25f, 8}, 2, 3);
  }

  private static Tensor ties() {
    return Tensor.of(new float[] {1, 2, 2, 1, 3, 0, 3, 0}, 2, 4);
  }

  @ParameterizedTest
  @MethodSource
  void pools(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> pools() {
    List<OperatorCase> cases = new ArrayList<>();
    for (String name : List.of("MaxPool", "AveragePool")) {
      cases.add(pool(name, 11, 3, 3).f32(2, 3, 9, 8));
      cases.add(pool(name, 11, 3, 2).with("strides", new long[] {2, 1}).f32(2, 3, 9, 8));
      cases.add(pool(name, 11, 3, 3).with("pads", new long[] {1, 0, 2, 1}).f32(2, 3, 7, 8));
      cases.add(
          pool(name, 11, 3, 3)
              .with("pads", new long[] {1, 1, 1, 1})
              .with("strides", new long[] {2, 2})
              .with("ceil_mode", 1)
              .f32(1, 2, 8, 9));
      cases.add(
          pool(name, 19, 3, 3)
              .with("dilations", new long[] {2, 1})
              .with("pads", new long[] {1, 1, 1, 1})
              .f32(1, 2, 8, 9));
      for (String auto : List.of("SAME_UPPER", "SAME_LOWER", "VALID")) {
        cases.add(
            pool(name, 11, 3, 2)
                .with("auto_pad", auto)
                .with("strides", new long[] {2, 3})
                .f32(1, 2, 8, 10));
      }
      cases.add(pool(name, 11, 3).with("strides", new long[] {2}).f32(2, 3, 9));
      cases.add(pool(name, 11, 2, 3, 2).with("pads", new long[6]).f32(1, 2, 4, 5, 6));
      cases.add(pool(name, 11, 3, 3).f32(8, 16, 20, 20));
    }
    long[] pads = {1, 1, 1, 1};
    cases.add(pool("AveragePool", 7, 3, 3).with("count_include_pad", 1).f32(1, 1, 5, 5));
    cases.add(
        pool("AveragePool", 11, 3, 3)
            .with("count_include_pad", 1)
            .with("pads", pads)
            .f32(1, 2, 7, 7));
    cases.add(
        pool("AveragePool", 19, 3, 3)
            .with("count_include_pad", 1)
            .with("pads", pads)
            .with("strides", new long[] {2, 2})
            .with("ceil_mode", 1)
            .f32(1, 2, 8, 8));
    cases.add(pool("MaxPool", 12, 2, 2).random(INT8, 1, 2, 5, 6));
    return cases.stream();
  }

  private static OperatorCase pool(String name, long opset, long... kernel) {
    return op(name, opset).with("kernel_shape", kernel).within(CLOSE);
  }

  @ParameterizedTest
  @MethodSource
  void normalizations(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> normalizations() {
    List<OperatorCase> cases = new ArrayList<>();
    Tensor variances = Tensor.of(new float[] {0.5f, 1, 2, 0.1f}, 4);
    for (long opset : new long[] {7, 9, 14, 15}) {
      cases.add(
          op("BatchNormalization", opset).f32(2, 4, 5, 3).f32(4).f32(4).f32(4).fed(variances));
    }
    cases.add(
        op("BatchNormalization", 15)
            .with("epsilon", 0.1f)
            .f32(3, 4)
            .f32(4)
            .f32(4)
            .f32(4)
            .fed(variances)
            .known());
    cases.add(op("InstanceNormalization", 7).f32(2, 4, 5, 6).f32(4).f32(4));
    cases.add(op("InstanceNormalization", 22).with("epsilon", 0.2f).f32(2, 4, 17).f32(4).f32(4));
    cases.add(op("GroupNormalization", 18).with("num_groups", 2).f32(2, 4, 5, 6).f32(2).f32(2));
    cases.add(op("GroupNormalization", 21).with("num_groups", 2).f32(2, 4, 5, 6).f32(4).f32(4));
    cases.add(op("LayerNormalization", 17).f32(3, 4, 37).f32(37).known().f32(37).known());
    cases.add(op("LayerNormalization", 17).f32(3, 4, 37).f32(37).known());
    cases.add(op("LayerNormalization", 17).f32(3, 4, 37).f32(37).f32(37));
    cases.add(op("LayerNormalization", 17).with("axis", 1).f32(3, 4, 7).f32(4, 7).known());
    cases.add(op("LRN", 13).with("size", 3).f32(2, 6, 4, 4));
    cases.add(
        op("LRN", 7)
            .with("size", 5)
            .with("alpha", 0.01f)
            .with("beta", 0.5f)
            .with("bias", 2f)
            .f32(2, 6, 4, 4));
    for (String name : List.of("Softmax", "LogSoftmax")) {
      cases.add(op(name, 11).f32(3, 4, 5));
      cases.add(op(name, 11).with("axis", 2).f32(3, 4, 5));
      cases.add(op(name, 7).with("axis", 0).f32(3, 4, 5));
      cases.add(op(name, 13).f32(3, 4, 37));
      cases.add(op(name, 13).with("axis", 1).f32(3, 4, 37));
      cases.add(op(name, 13).with("axis", 0).f32(30, 41, 37));
    }
    cases.forEach(each -> each.within(2e-5));
    return cases.stream();
  }
}
