package dev.lathe.op;

import static dev.lathe.op.OperatorCase.microsoft;
import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.FLOAT64;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Normalizations and activations of transformers against ONNX Runtime. */
class NormalizationTest {

  private static final double CLOSE = 4e-6;

  @ParameterizedTest
  @MethodSource
  void agrees(OperatorCase each) throws OrtException {
    each.within(CLOSE).check();
  }

  static Stream<OperatorCase> agrees() {
    return Stream.of(
        op("LayerNormalization", 17).outputs(3).f32(3, 4, 33).f32(33).known().f32(33),
        op("LayerNormalization", 17).with("axis", 1).outputs(3).f32(3, 4, 5).f32(4, 5).f32(4, 5),
        op("LayerNormalization", 17).with("epsilon", 0.1f).onlyOutputs(0, 2).f32(3, 50).f32(50),
        op("LayerNormalization", 17).random(FLOAT64, 3, 7).random(FLOAT64, 7).random(FLOAT64, 7),
        op("SimplifiedLayerNormalization", 17).f32(3, 4, 33).f32(33).known(),
        op("SimplifiedLayerNormalization", 17).with("epsilon", 0.1f).f32(5, 70).f32(70),
        microsoft("SkipLayerNormalization").f32(2, 3, 40).f32(2, 3, 40).f32(40).f32(40).f32(40),
        microsoft("SkipLayerNormalization")
            .with("epsilon", 0.01f)
            .onlyOutputs(0, 3)
            .f32(2, 3, 40)
            .f32(3, 40)
            .f32(40)
            .known()
            .f32(40)
            .known(),
        microsoft("SkipSimplifiedLayerNormalization").f32(2, 3, 17).f32(2, 3, 17).f32(17).f32(17),
        microsoft("SkipSimplifiedLayerNormalization")
            .onlyOutputs(0, 3)
            .f32(2, 3, 17)
            .f32(2, 3, 17)
            .f32(17),
        microsoft("Gelu").f32(3, 77),
        microsoft("BiasGelu").f32(3, 77).f32(77),
        microsoft("FastGelu").f32(3, 77).f32(77),
        microsoft("FastGelu").f32(3, 77),
        microsoft("QuickGelu").f32(3, 77),
        microsoft("QuickGelu").with("alpha", 0.5f).f32(3, 77));
  }

  @ParameterizedTest
  @MethodSource
  void embeddings(OperatorCase each) throws OrtException {
    each.within(CLOSE).check();
  }

  static Stream<OperatorCase> embeddings() {
    return Stream.of(
        tables(ids(3, 7, 40, 1).none()).none().f32(12).f32(12),
        tables(ids(3, 7, 40, 1).fed(integers(3, 7, 2, 2))).f32(2, 12).f32(12).f32(12),
        tables(ids(3, 7, 40, 1).fed(integers(3, 7, 2, 2)))
            .f32(2, 12)
            .f32(12)
            .f32(12)
            .fed(integers(3, 7, 2, 3))
            .outputs(3),
        tables(ids(2, 5, 40, 1).none())
            .none()
            .f32(12)
            .f32(12)
            .none()
            .fed(integers(1, 5, 9, 4))
            .outputs(2));
  }

  private static OperatorCase ids(int batch, int sequence, int words, int seed) {
    return microsoft("EmbedLayerNormalization")
        .outputs(2)
        .fed(integers(batch, sequence, words, seed));
  }

  private static OperatorCase tables(OperatorCase each) {
    return each.f32(40, 12).f32(9, 12);
  }

  private static Tensor integers(int rows, int columns, int bound, int seed) {
    int[] values = new java.util.Random(seed).ints((long) rows * columns, 0, bound).toArray();
    return Tensor.of(values, rows, columns);
  }

  /** ONNX Runtime has no CPU implementation of it. */
  @Test
  void biasAdd() {
    OperatorCase each = microsoft("BiasAdd").f32(2, 3, 20);
    Tensor x = each.latest();
    Tensor bias = each.f32(20).latest();
    Tensor skip = each.f32(2, 3, 20).latest();
    Tensor y = each.run().getFirst();
    for (int i = 0; i < y.elements(); i++) {
      assertThat(y.f32(i)).isEqualTo(x.f32(i) + bias.f32(i % 20) + skip.f32(i));
    }
  }

  @Test
  void meanSquareOfEveryType() {
    for (DType type : List.of(DType.FLOAT64, DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16)) {
      OperatorCase each =
          op("SimplifiedLayerNormalization", 17).outputs(2).random(type, 3, 20).random(type, 20);
      Tensor x = each.first();
      Tensor scale = each.latest();
      List<Tensor> actual = each.run();
      double unit = type == DType.FLOAT64 ? 1e-12 : type == DType.BFLOAT16 ? 1e-2 : 1e-3;
      for (int row = 0; row < 3; row++) {
        double square = 0;
        for (int i = row * 20; i < row * 20 + 20; i++) {
          square += Math.pow(get(x, i), 2);
        }
        double factor = 1 / Math.sqrt(square / 20 + 1e-5f);
        assertThat(get(actual.get(1), row)).isCloseTo(factor, within(1e-6 * factor));
        for (int i = 0; i < 20; i++) {
          double expected = get(x, row * 20 + i) * factor * get(scale, i);
          double actualValue = get(actual.getFirst(), row * 20 + i);
          assertThat(actualValue)
              .isCloseTo(expected, within(unit * Math.max(1, Math.abs(expected))));
        }
      }
    }
  }

  private static org.assertj.core.data.Offset<Double> within(double distance) {
    return org.assertj.core.api.Assertions.within(distance);
  }

  private static double get(Tensor tensor, long index) {
    return Elements.getDouble(tensor.dtype(), tensor.data(), 0, index);
  }
}
