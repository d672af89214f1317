package dev.lathe.op;

import dev.lathe.graph.Node;
import dev.lathe.kernel.UnaryF32.Function;
import dev.lathe.plan.Operator;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** Every element-wise function of one operand (ONNX operator specifications, opset 1 to 23). */
final class UnaryOperators {

  private static final float SELU_ALPHA = 1.6732632f;
  private static final float SELU_GAMMA = 1.050701f;

  static final List<Operator> ALL =
      List.of(
          Unary.of("Relu", Function.RELU, x -> x < 0 ? 0 : x)
              .orInteger(x -> Math.max(x, 0), x -> x),
          Unary.of("LeakyRelu", Function.LEAKY_RELU, "alpha", 0.01f, UnaryOperators::leakyRelu),
          Unary.of("HardSigmoid", Function.HARD_SIGMOID, "alpha", 0.2f, UnaryOperators::hardSigmoid)
              .and("beta", 0.5f),
          Unary.of("HardSwish", Function.HARD_SWISH, x -> x * clamp(x / 6 + 0.5, 0, 1)),
          Unary.of("Sigmoid", Function.SIGMOID, UnaryOperators::sigmoid),
          Unary.of("Swish", Function.SWISH, "alpha", 1, UnaryOperators::swish),
          Unary.of("Tanh", Function.TANH, StrictMath::tanh),
          Unary.of("Exp", Function.EXP, StrictMath::exp),
          Unary.of("Log", Function.LOG, StrictMath::log),
          Unary.of("Erf", Function.ERF, ErrorFunction::erf),
          new Gelu(),
          Unary.of("Elu", Function.ELU, "alpha", 1, UnaryOperators::elu),
          Unary.of("Softplus", Function.SOFTPLUS, UnaryOperators::softplus),
          Unary.of("Sqrt", Function.SQRT, Math::sqrt),
          Unary.of("Reciprocal", Function.RECIPROCAL, x -> 1 / x),
          Unary.of("Abs", Function.ABS, Math::abs).orInteger(Math::abs, x -> x),
          Unary.of("Neg", Function.NEG, x -> -x).orInteger(x -> -x, x -> -x),
          Unary.of("Floor", Function.FLOOR, Math::floor),
          Unary.of("Ceil", Function.CEIL, Math::ceil),
          Unary.of("Round", Function.ROUND, Math::rint),
          Unary.of("Sign", node -> Math::signum).orInteger(Long::signum, x -> x == 0 ? 0 : 1),
          new Mish(),
          Unary.of("Selu", UnaryOperators::selu),
          Unary.of("Celu", UnaryOperators::celu),
          Unary.of("ThresholdedRelu", UnaryOperators::thresholdedRelu),
          Unary.of("Shrink", UnaryOperators::shrink),
          Unary.of("Softsign", node -> x -> x / (1 + Math.abs(x))),
          Unary.of("Sin", node -> StrictMath::sin),
          Unary.of("Cos", node -> StrictMath::cos),
          Unary.of("Tan", node -> StrictMath::tan),
          Unary.of("Asin", node -> StrictMath::asin),
          Unary.of("Acos", node -> StrictMath::acos),
          Unary.of("Atan", node -> StrictMath::atan),
          Unary.of("Sinh", node -> StrictMath::sinh),
          Unary.of("Cosh", node -> StrictMath::cosh),
          Unary.of("Asinh", node -> UnaryOperators::asinh),
          Unary.of("Acosh", node -> UnaryOperators::acosh),
          Unary.of("Atanh", node -> UnaryOperators::atanh));

  private UnaryOperators() {}

  private static DoubleUnaryOperator leakyRelu(Node node) {
    float alpha = node.floatAttribute("alpha", 0.01f);
    return x -> x < 0 ? alpha * x : x;
  }

  private static DoubleUnaryOperator hardSigmoid(Node node) {
    float alpha = node.floatAttribute("alpha", 0.2f);
    float beta = node.floatAttribute("beta", 0.5f);
    return x -> clamp(alpha * x + beta, 0, 1);
  }

  private static DoubleUnaryOperator swish(Node node) {
    float alpha = node.floatAttribute("alpha", 1);
    return x -> x * sigmoid(alpha * x);
  }

  private static DoubleUnaryOperator elu(Node node) {
    float alpha = node.floatAttribute("alpha", 1);
    return x -> x < 0 ? alpha * StrictMath.expm1(x) : x;
  }

  private static DoubleUnaryOperator selu(Node node) {
    float alpha = node.floatAttribute("alpha", SELU_ALPHA);
    float gamma = node.floatAttribute("gamma", SELU_GAMMA);
    return x -> x <= 0 ? gamma * alpha * StrictMath.expm1(x) : gamma * x;
  }

  private static DoubleUnaryOperator celu(Node node) {
    float alpha = node.floatAttribute("alpha", 1);
    return x -> Math.max(0, x) + Math.min(0, alpha * StrictMath.expm1(x / alpha));
  }

  private static DoubleUnaryOperator thresholdedRelu(Node node) {
    float alpha = node.floatAttribute("alpha", 1);
    return x -> x > alpha ? x : 0;
  }

  private static DoubleUnaryOperator shrink(Node node) {
    float lambda = node.floatAttribute("lambd", 0.5f);
    float bias = node.floatAttribute("bias", 0);
    return x -> x < -lambda ? x + bias : x > lambda ? x - bias : 0;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + StrictMath.exp(-x));
  }

  /** log(1 + e^x) without overflow. */
  static double softplus(double x) {
    return Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
  }

  /** Odd, and without cancellation near zero. */
  private static double asinh(double x) {
    double a = Math.abs(x);
    double y =
        a > 1e8
            ? StrictMath.log(a) + StrictMath.log(2)
            : StrictMath.log1p(a + a * a / (1 + Math.sqrt(a * a + 1)));
    return Math.copySign(y, x);
  }

  private static double acosh(double x) {
    double t = x - 1;
    if (t < 0) {
      return Double.NaN;
    }
    return x > 1e8
        ? StrictMath.log(x) + StrictMath.log(2)
        : StrictMath.log1p(t + Math.sqrt(t * (x + 1)));
  }

  private static double atanh(double x) {
    double a = Math.abs(x);
    return Math.copySign(0.5 * StrictMath.log1p(2 * a / (1 - a)), x);
  }

  private static double clamp(double x, double min, double max) {
    return Math.min(Math.max(x, min), max);
  }
}
