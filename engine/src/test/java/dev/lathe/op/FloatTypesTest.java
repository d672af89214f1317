package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Operators on 16- and 64-bit floats against the same operators on float32, which other tests
 * compare with ONNX Runtime.
 */
class FloatTypesTest {

  /** The operator with its attributes; operands are random in [low, high). */
  private record Form(OperatorCase node, int operands, double low, double high) {}

  private static Stream<OperatorCase> forms(String... names) {
    return Stream.of(names).map(name -> op(name, 20));
  }

  private static List<Form> forms() {
    List<Form> forms = new ArrayList<>();
    forms("Relu", "LeakyRelu", "HardSigmoid", "HardSwish", "Sigmoid", "Tanh", "Exp", "Erf", "Elu")
        .forEach(node -> forms.add(new Form(node, 1, -4, 4)));
    forms("Softplus", "Abs", "Neg", "Floor", "Ceil", "Round", "Sign", "Mish", "Selu", "Celu")
        .forEach(node -> forms.add(new Form(node, 1, -4, 4)));
    forms("ThresholdedRelu", "Shrink", "Softsign", "Sin", "Cos", "Atan", "Sinh", "Cosh", "Asinh")
        .forEach(node -> forms.add(new Form(node, 1, -4, 4)));
    forms("Gelu").forEach(node -> forms.add(new Form(node, 1, -4, 4)));
    forms("Sqrt", "Log", "Reciprocal", "Acosh")
        .forEach(node -> forms.add(new Form(node, 1, 1.1, 4)));
    forms("Tan", "Asin", "Acos", "Atanh").forEach(node -> forms.add(new Form(node, 1, -0.9, 0.9)));
    forms("Add", "Sub", "Mul", "Min", "Max", "Sum", "Mean", "PRelu", "Less", "GreaterOrEqual")
        .forEach(node -> forms.add(new Form(node, 2, -4, 4)));
    forms("Div", "Pow", "Equal").forEach(node -> forms.add(new Form(node, 2, 0.5, 4)));
    forms.add(new Form(op("Gelu", 20).with("approximate", "tanh"), 1, -4, 4));
    forms.add(new Form(op("Mod", 13).with("fmod", 1), 2, 1, 9));
    forms.add(new Form(op("Clip", 6).with("min", -1f).with("max", 2f), 1, -4, 4));
    forms.add(new Form(op("Clip", 13), 3, -4, 4));
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
      for (int i = 0; i < form.operands(); i++) {
        // The second and third operand of Clip are scalars; the others broadcast.
        Shape shape = i == 0 ? Shape.of(3, 40) : form.operands() == 3 ? Shape.of() : Shape.of(40);
        Tensor x = Tensor.zeros(type, shape);
        Tensor same = Tensor.zeros(DType.FLOAT32, shape);
        for (long at = 0; at < x.elements(); at++) {
          double value = form.low() + random.nextDouble() * (form.high() - form.low());
          Elements.putDouble(type, x.data(), 0, at, (float) value);
          double rounded = Elements.getDouble(type, x.data(), 0, at);
          Elements.putDouble(DType.FLOAT32, same.data(), 0, at, rounded);
        }
        narrow.fed(x);
        wide.fed(same);
      }
      Tensor actual = narrow.run().getFirst();
      Tensor expected = wide.run().getFirst();
      Tensor converted = Tensor.zeros(actual.dtype(), expected.shape());
      for (long at = 0; at < expected.elements(); at++) {
        double value = Elements.getDouble(expected.dtype(), expected.data(), 0, at);
        Elements.putDouble(actual.dtype(), converted.data(), 0, at, value);
      }
      double tolerance =
          switch (type) {
            case FLOAT16 -> 0x1p-10;
            case BFLOAT16 -> 0x1p-7;
            default -> 4e-6;
          };
      OperatorCase.assertSame(actual, converted, tolerance);
    }
  }
}
