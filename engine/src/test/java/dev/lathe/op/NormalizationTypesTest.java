package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Normalizations on every floating-point type. */
class NormalizationTypesTest {

  /** A node and the shapes of its operands; those listed as positive are variances. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Form(OperatorCase node, int variance, long[]... shapes) {}

  private static List<Form> forms() {
    long[] image = {2, 6, 3, 4};
    long[] channels = {6};
    List<Form> forms = new ArrayList<>();
    for (long opset : new long[] {7, 13}) {
      OperatorCase softmax = op("Softmax", opset).with("axis", 1);
      forms.add(new Form(softmax, -1, image));
      forms.add(new Form(op("LogSoftmax", opset).with("axis", 1), -1, image));
    }
    forms.add(
        new Form(op("BatchNormalization", 15), 4, image, channels, channels, channels, channels));
    forms.add(new Form(op("InstanceNormalization", 22), -1, image, channels, channels));
    forms.add(
        new Form(
            op("GroupNormalization", 18).with("num_groups", 3),
            -1,
            image,
            new long[] {3},
            new long[] {3}));
    forms.add(
        new Form(
            op("GroupNormalization", 21).with("num_groups", 2), -1, image, channels, channels));
    forms.add(new Form(op("LayerNormalization", 17).with("axis", 2), -1, image, new long[] {3, 4}));
    forms.add(new Form(op("RMSNormalization", 23).with("axis", -1), -1, image, new long[] {4}));
    forms.add(new Form(op("LRN", 13).with("size", 3), -1, image));
    forms.add(new Form(op("MeanVarianceNormalization", 13), -1, image));
    forms.add(new Form(op("LpNormalization", 22).with("axis", 1), -1, image));
    return forms;
  }

  static Stream<DType> types() {
    return Stream.of(DType.FLOAT16, DType.BFLOAT16, DType.FLOAT64);
  }

  @ParameterizedTest
  @MethodSource("types")
  void agreesWithFloat32(DType type) {
    Random random = new Random(type.code());
    for (Form form : forms()) {
      OperatorCase narrow = op(form.node());
      OperatorCase wide = op(form.node());
      for (int operand = 0; operand < form.shapes().length; operand++) {
        Tensor x = Tensor.zeros(type, Shape.of(form.shapes()[operand]));
        Tensor same = Tensor.zeros(DType.FLOAT32, x.shape());
        for (long i = 0; i < x.elements(); i++) {
          float value = random.nextFloat() * 2 - (operand == form.variance() ? -0.1f : 1);
          Elements.putDouble(type, x.data(), 0, i, value);
          Elements.putDouble(
              DType.FLOAT32, same.data(), 0, i, Elements.getDouble(type, x.data(), 0, i));
        }
        narrow.fed(x);
        wide.fed(same);
      }
      Tensor actual = narrow.run().getFirst();
      Tensor expected = wide.run().getFirst();
      assertThat(actual.dtype()).isEqualTo(type);
      double tolerance = type == DType.FLOAT64 ? 1e-5 : type == DType.FLOAT16 ? 4e-3 : 3e-2;
      for (long i = 0; i < expected.elements(); i++) {
        double y = Elements.getDouble(type, actual.data(), 0, i);
        assertThat(y)
            .as("%s, element %d", form.node(), i)
            .isCloseTo(expected.f32(i), within(tolerance * Math.max(1, Math.abs(expected.f32(i)))));
      }
    }
  }

  @ParameterizedTest
  @MethodSource
  void againstOnnxRuntime(OperatorCase each) throws OrtException {
    each.within(4e-6).check();
  }

  static Stream<OperatorCase> againstOnnxRuntime() {
    List<OperatorCase> cases = new ArrayList<>();
    for (long p = 1; p <= 2; p++) {
      for (long axis : new long[] {-1, 0, 1}) {
        cases.add(op("LpNormalization", 1).with("p", p).with("axis", axis).f32(3, 4, 5));
      }
    }
    cases.add(op("MeanVarianceNormalization", 9).f32(2, 3, 4, 5));
    cases.add(op("MeanVarianceNormalization", 13).with("axes", new long[] {1}).f32(2, 3, 4, 5));
    cases.add(op("MeanVarianceNormalization", 13).with("axes", new long[] {0, -1}).f32(7, 3, 2));
    cases.add(op("Softmax", 13).with("axis", 1).random(DType.FLOAT64, 2, 3, 4));
    cases.add(op("LogSoftmax", 11).with("axis", 1).random(DType.FLOAT64, 2, 3, 4));
    return cases.stream();
  }

  @Test
  void aLineOfZerosStaysZero() {
    Tensor y = op("LpNormalization", 1).fed(Tensor.of(new float[4], 2, 2)).run().getFirst();
    assertThat(y.toFloats()).containsOnly(0f);
  }

  @Test
  void trainingNormalizesByTheBatchAndMovesTheRunningStatistics() {
    OperatorCase node =
        op("BatchNormalization", 15)
            .with("training_mode", 1)
            .with("momentum", 0.75f)
            .outputs(3)
            .f32(2, 3, 5);
    float[] x = node.latest().toFloats();
    float[] scale = node.f32(3).latest().toFloats();
    float[] bias = node.f32(3).latest().toFloats();
    float[] mean = node.f32(3).latest().toFloats();
    float[] variance = node.f32(3).latest().toFloats();
    List<Tensor> outputs = node.run();
    for (int c = 0; c < 3; c++) {
      double sum = 0;
      double squares = 0;
      for (int i = 0; i < 10; i++) {
        sum += x[i / 5 * 15 + c * 5 + i % 5];
      }
      for (int i = 0; i < 10; i++) {
        squares += Math.pow(x[i / 5 * 15 + c * 5 + i % 5] - sum / 10, 2);
      }
      double deviation = Math.sqrt(squares / 10 + 1e-5f);
      for (int i = 0; i < 10; i++) {
        int at = i / 5 * 15 + c * 5 + i % 5;
        double expected = (x[at] - sum / 10) / deviation * scale[c] + bias[c];
        assertThat((double) outputs.get(0).f32(at)).isCloseTo(expected, within(1e-5));
      }
      assertThat((double) outputs.get(1).f32(c))
          .isCloseTo(mean[c] * 0.75 + sum / 10 * 0.25, within(1e-5));
      assertThat((double) outputs.get(2).f32(c))
          .isCloseTo(variance[c] * 0.75 + squares / 10 * 0.25, within(1e-5));
    }
  }
}
