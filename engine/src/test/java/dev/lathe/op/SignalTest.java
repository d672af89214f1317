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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fourier transforms against their defining sums, and against ONNX Runtime. */
class SignalTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 12, 17, 64, 100, 127, 400})
  void transformIsItsDefiningSum(int points) {
    OperatorCase node = op("DFT", 20).random(DType.FLOAT64, 2, points, 2);
    Tensor x = node.latest();
    Tensor y = node.run().getFirst();
    for (int line = 0; line < 2; line++) {
      for (int k = 0; k < points; k++) {
        double re = 0;
        double im = 0;
        for (int n = 0; n < points; n++) {
          long at = 2L * (line * points + n);
          double angle = -2 * Math.PI * ((long) k * n % points) / points;
          double a = x.data().get(Tensor.F64, 8 * at);
          double b = x.data().get(Tensor.F64, 8 * at + 8);
          re += a * Math.cos(angle) - b * Math.sin(angle);
          im += a * Math.sin(angle) + b * Math.cos(angle);
        }
        long at = 16L * (line * points + k);
        assertThat(y.data().get(Tensor.F64, at)).isCloseTo(re, within(1e-10));
        assertThat(y.data().get(Tensor.F64, at + 8)).isCloseTo(im, within(1e-10));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 7, 12, 16, 33})
  void inversesGiveTheSignalBack(int points) {
    OperatorCase forward = op("DFT", 20).with("onesided", 1).random(DType.FLOAT64, 3, points, 1);
    Tensor x = forward.latest();
    Tensor half = forward.run().getFirst();
    assertThat(half.shape()).isEqualTo(Shape.of(3, points / 2 + 1, 2));
    OperatorCase back =
        op("DFT", 20).with("onesided", 1).with("inverse", 1).fed(half).fed(scalar(points)).known();
    assertThat(near(back.run().getFirst(), x)).isTrue();
    OperatorCase complex =
        op("DFT", 20).random(DType.FLOAT64, 2, points, 3, 2).none().fed(scalar(1)).known();
    Tensor spectrum = complex.run().getFirst();
    OperatorCase inverse =
        op("DFT", 20).with("inverse", 1).fed(spectrum).none().fed(scalar(1)).known();
    assertThat(near(inverse.run().getFirst(), complex.first())).isTrue();
  }

  private static boolean near(Tensor actual, Tensor expected) {
    boolean same = actual.shape().equals(expected.shape());
    for (long i = 0; i < expected.elements(); i++) {
      double difference =
          actual.data().get(Tensor.F64, 8 * i) - expected.data().get(Tensor.F64, 8 * i);
      same &= Math.abs(difference) < 1e-12;
    }
    return same;
  }

  @ParameterizedTest
  @MethodSource
  void signals(OperatorCase each) throws OrtException {
    each.within(1e-4).check();
  }

  static Stream<OperatorCase> signals() {
    List<OperatorCase> cases = new ArrayList<>();
    for (long inverse = 0; inverse <= 1; inverse++) {
      cases.add(op("DFT", 17).with("inverse", inverse).with("axis", 1).f32(2, 10, 2));
      cases.add(op("DFT", 17).with("inverse", inverse).with("axis", 2).f32(2, 3, 8, 2));
      cases.add(op("DFT", 20).with("inverse", inverse).f32(2, 16, 2));
    }
    cases.add(op("DFT", 17).with("onesided", 1).with("axis", 1).f32(2, 9, 1));
    cases.add(
        op("DFT", 17).with("onesided", 1).with("axis", 1).f32(2, 9, 1).fed(scalar(12)).known());
    cases.add(op("DFT", 17).with("axis", 1).f32(2, 9, 1).fed(scalar(4)).known());
    for (long onesided = 0; onesided <= 1; onesided++) {
      OperatorCase node = op("STFT", 17).with("onesided", onesided);
      cases.add(op(node).f32(2, 50, 1).fed(scalar(7)).known().f32(16));
      cases.add(op(node).f32(1, 40, 1).fed(scalar(5)).known().none().fed(scalar(12)).known());
    }
    for (String window : List.of("HannWindow", "HammingWindow", "BlackmanWindow")) {
      for (long periodic = 0; periodic <= 1; periodic++) {
        cases.add(op(window, 17).with("periodic", periodic).fed(scalar(13)).known());
      }
    }
    for (float high : new float[] {8000, 3000}) {
      cases.add(
          op("MelWeightMatrix", 17)
              .fed(scalar(10))
              .known()
              .fed(scalar(64))
              .known()
              .fed(scalar(16000))
              .known()
              .fed(Tensor.scalar(20))
              .known()
              .fed(Tensor.scalar(high))
              .known());
    }
    return cases.stream();
  }

  private static Tensor scalar(long value) {
    return Tensor.of(new long[] {value});
  }

  @Test
  void windowsOfOneElementAreFinite() {
    Tensor one = op("HannWindow", 17).with("periodic", 0).fed(scalar(1)).known().run().getFirst();
    assertThat(one.toFloats()).containsExactly(0f);
  }
}
