package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.BOOL;
import static dev.lathe.tensor.DType.FLOAT16;
import static dev.lathe.tensor.DType.FLOAT32;
import static dev.lathe.tensor.DType.FLOAT64;
import static dev.lathe.tensor.DType.INT32;
import static dev.lathe.tensor.DType.INT64;
import static dev.lathe.tensor.DType.UINT8;
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

/** Element-wise operators against ONNX Runtime. */
class ElementwiseTest {

  private static final float NAN = Float.NaN;
  private static final float INF = Float.POSITIVE_INFINITY;

  @ParameterizedTest
  @MethodSource
  void unary(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> unary() {
    List<OperatorCase> cases = new ArrayList<>();
    for (String exact : List.of("Relu", "Neg", "Abs", "Floor", "Ceil", "Sign", "Round")) {
      cases.add(op(exact, 13).f32(3, 37));
      cases.add(op(exact, 13).fed(specials()));
    }
    for (String close :
        List.of(
            "Sigmoid",
            "Tanh",
            "Exp",
            "Erf",
            "Softplus",
            "Softsign",
            "Sin",
            "Cos",
            "Atan",
            "Sinh",
            "Cosh",
            "Elu",
            "Selu",
            "Celu",
            "LeakyRelu",
            "HardSigmoid",
            "ThresholdedRelu",
            "Reciprocal")) {
      cases.add(op(close, 13).f32(5, 7, 11).within(2e-6));
    }
    for (String finite : List.of("Asinh", "Tan", "Mish")) {
      cases.add(op(finite, 22).f32(5, 7, 11).within(2e-6));
    }
    for (String unit : List.of("Asin", "Acos", "Atanh")) {
      cases.add(op(unit, 13).fed(units()).within(2e-6));
    }
    cases.add(op("Acosh", 13).fed(positives()).within(2e-6));
    cases.add(op("Acosh", 13).fed(units()).within(2e-6));
    for (String positive : List.of("Sqrt", "Log")) {
      cases.add(op(positive, 13).fed(positives()).within(2e-6));
      cases.add(op(positive, 13).fed(specials()).within(2e-6));
    }
    cases.add(op("Relu", 14).random(INT32, 4, 5));
    cases.add(op("Abs", 13).random(INT64, 4, 5));
    cases.add(op("Neg", 13).random(INT64, 4, 5));
    cases.add(op("Sign", 13).random(INT32, 4, 5));
    cases.add(op("Exp", 13).random(FLOAT64, 4, 5).within(1e-14));
    cases.add(op("HardSwish", 14).f32(100).within(1e-6));
    cases.add(op("Mish", 18).f32(100).within(2e-6));
    cases.add(op("Gelu", 20).f32(100).within(2e-6));
    cases.add(op("Gelu", 20).with("approximate", "tanh").f32(100).within(2e-6));
    cases.add(op("LeakyRelu", 7).with("alpha", 0.3f).f32(100).within(1e-6));
    cases.add(op("Elu", 7).with("alpha", 0.3f).f32(100).within(1e-6));
    cases.add(op("Celu", 12).with("alpha", 2.5f).f32(100).within(1e-6));
    cases.add(op("Selu", 7).with("alpha", 1.5f).with("gamma", 2f).f32(100).within(1e-6));
    cases.add(op("Shrink", 9).with("lambd", 1f).with("bias", 0.5f).f32(100).within(1e-6));
    cases.add(op("HardSigmoid", 7).with("alpha", 0.1f).with("beta", 0.4f).f32(99).within(1e-6));
    cases.add(op("Not", 7).random(BOOL, 70));
    cases.add(op("IsNaN", 13).fed(specials()));
    cases.add(op("IsInf", 10).fed(specials()));
    cases.add(op("IsInf", 10).with("detect_negative", 0).fed(specials()));
    cases.add(op("Sigmoid", 13).f32(3, 300, 301).within(2e-6));
    cases.add(op("Relu", 13).f32(0, 4));
    cases.add(op("Relu", 13).f32());
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource
  void binary(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> binary() {
    List<OperatorCase> cases = new ArrayList<>();
    for (String op : List.of("Add", "Sub", "Mul", "Div")) {
      cases.add(op(op, 7).f32(2, 64, 7, 5).f32(2, 64, 7, 5));
      cases.add(op(op, 13).f32(2, 64, 7, 5).f32(64, 1, 1));
      cases.add(op(op, 14).f32(2, 7, 5, 64).f32(64));
      cases.add(op(op, 14).f32(2, 7, 5, 3).f32());
      cases.add(op(op, 14).f32().f32(2, 7));
      cases.add(op(op, 14).f32(4, 1, 6).f32(5, 1));
      cases.add(op(op, 14).f32(2, 1, 3, 1).f32(1, 4, 1, 5));
      cases.add(op(op, 14).f32(3, 200, 201).f32(200, 201));
      cases.add(op(op, 14).f32(0, 3).f32(3));
      cases.add(op(op, 14).random(INT64, 4, 1).fed(Tensor.of(new long[] {3, -7, 2}, 3)));
      cases.add(op(op, 14).random(INT32, 4, 3).fed(Tensor.of(new int[] {3, -7, 2}, 3)));
      cases.add(op(op, 14).random(FLOAT64, 4, 3).random(FLOAT64, 3));
    }
    cases.add(op("Pow", 7).fed(positives()).f32(9, 1).within(4e-6));
    cases.add(op("Pow", 13).fed(positives()).fed(Tensor.scalar(2)).known().within(1e-6));
    cases.add(op("Pow", 13).fed(positives()).fed(Tensor.scalar(0.5f)).known().within(1e-6));
    cases.add(op("Pow", 13).f32(9).fed(Tensor.of(new long[] {3})).within(1e-6));
    cases.add(op("Pow", 13).random(INT64, 3).fed(Tensor.of(new long[] {3, 2, 1}, 3)));
    Tensor bases = Tensor.of(new float[] {1, 1, 1, -1, -1, 0, -0f, 2, NAN}, 9);
    Tensor exponents = Tensor.of(new float[] {NAN, INF, -INF, INF, -INF, -1, -1, NAN, 0}, 9);
    cases.add(op("Pow", 15).fed(bases).fed(exponents));
    cases.add(op("PRelu", 16).f32(2, 8, 5, 3).f32(8, 1, 1));
    cases.add(op("PRelu", 9).f32(2, 8).f32(1));
    for (String op : List.of("Min", "Max", "Sum", "Mean")) {
      cases.add(op(op, 8).f32(3, 4));
      cases.add(op(op, 13).f32(3, 4).f32(4).within(1e-6));
      cases.add(op(op, 13).f32(3, 1).f32(4).f32(2, 3, 4).within(1e-6));
    }
    cases.add(op("Min", 13).random(INT64, 3, 4).random(INT64, 4));
    cases.add(op("Max", 13).random(INT32, 3, 4).random(INT32, 4));
    Tensor divisors = Tensor.of(new long[] {3, -7, 2}, 3);
    Tensor dividends = Tensor.of(new long[] {-5, 5, 9, -8, -2, 11}, 2, 3);
    cases.add(op("Mod", 13).fed(dividends).fed(divisors));
    cases.add(op("Mod", 13).with("fmod", 1).fed(dividends).fed(divisors));
    cases.add(op("Mod", 13).with("fmod", 1).f32(20).f32(20));
    for (String op : List.of("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual")) {
      cases.add(op(op, 16).f32(3, 5).f32(5));
      cases.add(op(op, 16).fed(specials()).fed(Tensor.scalar(0)));
      cases.add(op(op, 16).random(INT64, 30, 1).random(INT64, 30));
    }
    for (String op : List.of("And", "Or", "Xor")) {
      cases.add(op(op, 7).random(BOOL, 3, 5).random(BOOL, 5));
    }
    cases.add(op("Where", 16).random(BOOL, 4, 1).f32(3).f32(2, 1, 1));
    cases.add(op("Where", 9).random(BOOL, 4, 3).random(INT64, 3).random(INT64, 4, 1));
    cases.add(op("Where", 16).random(BOOL, 5).random(UINT8, 5).random(UINT8));
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource
  void clip(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> clip() {
    return Stream.of(
        op("Clip", 7).with("min", -1f).with("max", 2f).f32(50),
        op("Clip", 7).with("max", 0.5f).f32(50),
        op("Clip", 7).fed(specials()),
        op("Clip", 13).f32(50).fed(Tensor.scalar(-1)).known().fed(Tensor.scalar(2)).known(),
        op("Clip", 13).f32(50).fed(Tensor.scalar(-1)).fed(Tensor.scalar(2)),
        op("Clip", 13).f32(50).fed(Tensor.scalar(2)).known().fed(Tensor.scalar(-1)).known(),
        op("Clip", 13).f32(50).none().fed(Tensor.scalar(1)).known(),
        op("Clip", 13).f32(50).fed(Tensor.scalar(1)),
        op("Clip", 13).f32(50),
        op("Clip", 13).random(INT64, 50).ints(50).none());
  }

  @ParameterizedTest
  @MethodSource
  void casts(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> casts() {
    List<OperatorCase> cases = new ArrayList<>();
    List<DType> types = List.of(FLOAT32, FLOAT64, FLOAT16, INT32, INT64, BOOL);
    for (DType from : types) {
      for (DType to : types) {
        cases.add(op("Cast", 13).with("to", to.code()).random(from, 6, 7));
      }
    }
    cases.add(op("Cast", 13).with("to", DType.INT8.code()).random(INT64, 70));
    cases.add(op("Cast", 13).with("to", DType.UINT8.code()).random(INT32, 70));
    cases.add(op("Cast", 13).with("to", DType.BFLOAT16.code()).f32(70));
    cases.add(op("CastLike", 15).f32(6).random(INT64, 1));
    return cases.stream();
  }

  @Test
  void erfOfDoublesHasTabulatedValues() {
    Tensor x = Tensor.zeros(FLOAT64, Shape.of(5));
    double[] points = {0, 0.5, -1, 2, 7};
    double[] values = {0, 0.5204998778130465, -0.8427007929497149, 0.9953222650189527, 1};
    for (int i = 0; i < points.length; i++) {
      x.data().set(Tensor.F64, 8L * i, points[i]);
    }
    Tensor y = op("Erf", 13).fed(x).run().getFirst();
    for (int i = 0; i < values.length; i++) {
      assertThat(y.data().get(Tensor.F64, 8L * i)).isCloseTo(values[i], within(1e-15));
    }
  }

  private static Tensor specials() {
    return Tensor.of(
        new float[] {NAN, INF, -INF, 0f, -0f, 1f, -1f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 1e30f}, 13);
  }

  private static Tensor units() {
    return Tensor.of(
        new float[] {0, 1e-6f, -1e-3f, 0.25f, -0.5f, 0.75f, 0.999f, 2, NAN, -1e30f}, 10);
  }

  private static Tensor positives() {
    Tensor tensor = Tensor.zeros(FLOAT32, Shape.of(9, 11));
    for (int i = 0; i < tensor.elements(); i++) {
      tensor.data().set(Tensor.F32, 4L * i, (i + 1) * 0.37f);
    }
    return tensor;
  }
}
