package dev.lathe.op;

import static dev.lathe.op.OperatorCase.assertSame;
import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.FLOAT32;
import static dev.lathe.tensor.DType.FLOAT64;
import static dev.lathe.tensor.DType.INT8;
import static dev.lathe.tensor.DType.UINT8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnxruntime.OrtException;
import dev.lathe.error.InvalidDataException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pooling in ONNX's own layout against ONNX Runtime. */
class PoolTest {

  @ParameterizedTest
  @MethodSource
  void pools(OperatorCase each) throws OrtException {
    each.within(1e-5).check();
  }

  static Stream<OperatorCase> pools() {
    List<OperatorCase> cases = new ArrayList<>();
    for (String name : List.of("MaxPool", "AveragePool", "LpPool")) {
      for (OperatorCase each : forms(name)) {
        cases.add(each);
      }
    }
    cases.add(op("LpPool", 18).with("p", 1).with("kernel_shape", 2, 2).f32(1, 2, 5, 6));
    cases.add(op("LpPool", 18).with("p", 3).with("kernel_shape", 2, 2).f32(1, 2, 5, 6));
    cases.add(op("GlobalLpPool", 13).f32(2, 3, 5, 6));
    cases.add(op("GlobalLpPool", 13).with("p", 3).f32(2, 3, 7));
    for (DType type : List.of(FLOAT64, INT8, UINT8)) {
      cases.add(op("MaxPool", 12).with("kernel_shape", 3, 2).random(type, 2, 3, 6, 7));
    }
    for (long order = 0; order < 2; order++) {
      cases.add(indices(order).with("kernel_shape", new long[] {3}).f32(2, 3, 9));
      cases.add(
          indices(order)
              .with("kernel_shape", 3, 2)
              .with("strides", 2, 1)
              .with("pads", 1, 0, 1, 1)
              .f32(2, 3, 8, 7));
      cases.add(indices(order).with("kernel_shape", 2, 3, 2).f32(2, 2, 4, 5, 6));
    }
    return cases.stream();
  }

  private static OperatorCase indices(long order) {
    return op("MaxPool", 12).outputs(2).with("storage_order", order);
  }

  private static List<OperatorCase> forms(String name) {
    List<OperatorCase> cases = new ArrayList<>();
    cases.add(
        op(name, 19)
            .with("kernel_shape", new long[] {3})
            .with("strides", new long[] {2})
            .f32(2, 3, 10));
    cases.add(op(name, 19).with("kernel_shape", 3, 2).with("dilations", 2, 3).f32(2, 3, 9, 10));
    cases.add(
        op(name, 19)
            .with("kernel_shape", 3, 3)
            .with("strides", 2, 2)
            .with("pads", 1, 1, 1, 1)
            .with("ceil_mode", 1)
            .f32(2, 3, 8, 9));
    cases.add(
        op(name, 19).with("kernel_shape", 2, 3, 2).with("strides", 1, 2, 2).f32(1, 2, 5, 6, 7));
    cases.add(
        op(name, 19)
            .with("kernel_shape", 3, 3)
            .with("auto_pad", "SAME_UPPER")
            .with("strides", 2, 2)
            .f32(1, 2, 8, 7));
    if (name.equals("AveragePool")) {
      cases.add(
          op(name, 19)
              .with("kernel_shape", 3, 3, 3)
              .with("pads", 1, 1, 1, 1, 1, 1)
              .with("count_include_pad", 1)
              .f32(1, 2, 5, 6, 7));
    }
    return cases;
  }

  /** With ceil_mode a window may not start in the end padding: 4 inputs, stride 3, give 1 + 1. */
  @Test
  void theLastWindowStartsInside() {
    List<Tensor> pooled =
        op("MaxPool", 22)
            .with("kernel_shape", new long[] {1})
            .with("strides", new long[] {3})
            .with("pads", 0, 1)
            .with("ceil_mode", 1)
            .fed(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 1, 1, 6))
            .run();
    assertThat(pooled.getFirst().toFloats()).containsExactly(1, 4);
  }

  @Test
  void ofEqualMaximaTheFirstIsNamedAndNanWins() {
    float[] values = {2, 2, Float.NaN, 1, Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY};
    List<Tensor> pooled =
        op("MaxPool", 22)
            .outputs(2)
            .with("kernel_shape", new long[] {2})
            .with("strides", new long[] {2})
            .fed(Tensor.of(values, 1, 1, 6))
            .run();
    assertThat(pooled.getFirst().toFloats()).containsExactly(2, Float.NaN, Float.NEGATIVE_INFINITY);
    assertThat(pooled.get(1).toLongs()).containsExactly(0, 2, 4);
  }

  @Test
  void unpoolingPutsMaximaBack() throws OrtException {
    OperatorCase pool =
        op("MaxPool", 12)
            .outputs(2)
            .with("kernel_shape", 2, 2)
            .with("strides", 2, 2)
            .f32(2, 3, 6, 8);
    List<Tensor> pooled = pool.run();
    OperatorCase unpool =
        op("MaxUnpool", 11)
            .with("kernel_shape", 2, 2)
            .with("strides", 2, 2)
            .fed(pooled.get(0))
            .fed(pooled.get(1));
    unpool.check();
    Tensor larger = unpool.ints(2, 3, 7, 9).run().getFirst();
    assertSame(
        op("Slice", 13).fed(larger).ints(0, 0).ints(6, 8).ints(2, 3).run().getFirst(),
        op("MaxUnpool", 11).like(pool).fed(pooled.get(0)).fed(pooled.get(1)).run().getFirst(),
        0);
    assertThat(larger.toFloats()[larger.toFloats().length - 1]).isZero();
  }

  @Test
  void unpoolingRefusesIndicesOutside() {
    OperatorCase each =
        op("MaxUnpool", 11)
            .with("kernel_shape", new long[] {2})
            .with("strides", new long[] {2})
            .f32(1, 1, 2)
            .fed(Tensor.of(new long[] {0, 4}, 1, 1, 2));
    assertThatExceptionOfType(InvalidDataException.class)
        .isThrownBy(each::run)
        .withMessageContaining("index 4 is outside 4 elements");
  }

  /** Planes first and depth then, against all at once. */
  @ParameterizedTest
  @MethodSource
  void volumesRunChannelsLast(OperatorCase each) {
    String name = each.toString().startsWith("MaxPool") ? "MaxPool" : "AveragePool";
    Tensor expected = each.run().getFirst();
    Tensor input = transposed(each.first(), 0, 2, 3, 4, 1);
    Tensor actual = OperatorCase.lathe(name).like(each).fed(input).run().getFirst();
    assertSame(transposed(actual, 0, 4, 1, 2, 3), expected, 1e-6);
  }

  static Stream<OperatorCase> volumesRunChannelsLast() {
    return Stream.of("MaxPool", "AveragePool")
        .flatMap(
            name ->
                Stream.of(
                    op(name, 22).with("kernel_shape", 2, 3, 2).f32(2, 19, 4, 5, 6),
                    op(name, 22)
                        .with("kernel_shape", 3, 3, 3)
                        .with("strides", 2, 2, 2)
                        .with("pads", 1, 1, 1, 1, 1, 1)
                        .with("ceil_mode", 1)
                        .f32(2, 5, 6, 5, 8),
                    op(name, 22)
                        .with("kernel_shape", 2, 1, 2)
                        .with("dilations", 2, 1, 3)
                        .f32(1, 3, 5, 5, 6)));
  }

  private static Tensor transposed(Tensor tensor, long... permutation) {
    assertThat(tensor.dtype()).isEqualTo(FLOAT32);
    return op("Transpose", 13).with("perm", permutation).fed(tensor).run().getFirst();
  }
}
