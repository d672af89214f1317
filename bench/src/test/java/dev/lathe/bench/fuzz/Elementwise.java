package dev.lathe.bench.fuzz;

import static dev.lathe.bench.fuzz.Grower.attribute;

import dev.lathe.bench.fuzz.Grower.Value;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/** Moves that compute element by element, or along one axis without changing the shape. */
final class Elementwise {

  private Elementwise() {}

  static void unary(Grower g) {
    Value x = g.pick(value -> true);
    String op =
        g.oneOf(
            "Relu",
            "Sigmoid",
            "Tanh",
            "Erf",
            "LeakyRelu",
            "Elu",
            "HardSwish",
            "HardSigmoid",
            "Abs",
            "Neg",
            "Softplus",
            "Softsign",
            "Sin",
            "Cos",
            "Selu",
            "Celu",
            "Clip",
            "Atan",
            "Exp",
            "Sqrt",
            "Reciprocal",
            "Log",
            "ThresholdedRelu");
    switch (op) {
      case "Clip" ->
          g.add(
              op,
              x.shape(),
              Map.of(),
              x.name(),
              g.constant(Tensor.scalar(-0.7f)),
              g.constant(Tensor.scalar(0.9f)));
      case "Exp" -> {
        String bounded = g.raw("Tanh", Map.of(), x.name());
        g.add(op, x.shape(), Map.of(), bounded);
      }
      case "Sqrt", "Reciprocal", "Log" -> {
        String magnitude = g.raw("Abs", Map.of(), x.name());
        String away = g.raw("Add", Map.of(), magnitude, g.constant(Tensor.scalar(0.5f)));
        g.add(op, x.shape(), Map.of(), away);
      }
      default -> g.add(op, x.shape(), Map.of(), x.name());
    }
  }

  static void binary(Grower g) {
    Value x = g.pick(value -> true);
    Value other = g.pick(value -> Arrays.equals(value.shape(), x.shape()));
    String op = g.oneOf("Add", "Sub", "Mul", "Div", "Max", "Min", "Add", "PRelu");
    String rhs = other.name();
    if (op.equals("Div") || op.equals("PRelu") || g.chance(0.5)) {
      long[] shape = x.shape().clone();
      for (int axis = 0; axis < shape.length; axis++) {
        shape[axis] = g.chance(0.5) ? 1 : shape[axis];
      }
      int dropped = g.between(0, Math.max(0, shape.length - 1));
      rhs = g.positive(Arrays.copyOfRange(shape, dropped, shape.length));
    }
    boolean swapped = !op.equals("Div") && !op.equals("PRelu") && g.chance(0.5);
    g.add(op, x.shape(), Map.of(), swapped ? rhs : x.name(), swapped ? x.name() : rhs);
  }

  /** Compares inputs only: elsewhere a last bit may decide. */
  static void choose(Grower g) {
    Value x = g.pick(value -> value.name().startsWith("x"));
    Value y = g.pick(value -> Arrays.equals(value.shape(), x.shape()));
    String condition =
        g.raw(g.oneOf("Less", "Greater"), Map.of(), x.name(), g.constant(Tensor.scalar(0.123f)));
    if (g.chance(0.3)) {
      condition = g.raw("Not", Map.of(), condition);
    }
    Value z = g.pick(value -> Arrays.equals(value.shape(), x.shape()));
    g.add("Where", x.shape(), Map.of(), condition, z.name(), y.name());
  }

  static void cast(Grower g) {
    Value x = g.pick(value -> true);
    String wide = g.raw("Cast", Map.of("to", attribute(11)), x.name());
    String sum = g.raw("Add", Map.of(), wide, wide);
    g.add("Cast", x.shape(), Map.of("to", attribute(1)), sum);
  }

  static void softmax(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1);
    if (x != null) {
      int axis = g.between(0, x.rank() - 1);
      g.add(
          g.oneOf("Softmax", "Softmax", "LogSoftmax"),
          x.shape(),
          Map.of("axis", attribute(axis)),
          x.name());
    }
  }

  static void cumSum(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && value.shape()[value.rank() - 1] <= 32);
    if (x != null) {
      g.add(
          "CumSum",
          x.shape(),
          Map.of("exclusive", attribute(g.between(0, 1)), "reverse", attribute(g.between(0, 1))),
          x.name(),
          g.constant(Tensor.of(new long[] {x.rank() - 1})));
    }
  }

  static void batchNorm(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x != null) {
      long channels = x.shape()[1];
      g.add(
          "BatchNormalization",
          x.shape(),
          Map.of(),
          x.name(),
          g.weights(1, channels),
          g.weights(0.5, channels),
          g.weights(0.5, channels),
          g.positive(channels));
    }
  }

  static void instanceNorm(Grower g) {
    Value x = g.pick(value -> value.isImage() && value.shape()[2] * value.shape()[3] >= 8);
    if (x != null) {
      long channels = x.shape()[1];
      g.add(
          "InstanceNormalization",
          x.shape(),
          Map.of("epsilon", attribute(0.01f)),
          x.name(),
          g.weights(1, channels),
          g.weights(1, channels));
    }
  }

  static void layerNorm(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2 && value.shape()[value.rank() - 1] >= 4);
    if (x != null) {
      long width = x.shape()[x.rank() - 1];
      g.add(
          "LayerNormalization",
          x.shape(),
          Map.of("epsilon", attribute(0.01f)),
          x.name(),
          g.weights(1, width),
          g.weights(1, width));
    }
  }

  static String quantized(Grower g, String x, String scale, String zero) {
    String q = g.raw("QuantizeLinear", Map.of(), x, scale, zero);
    return g.raw("DequantizeLinear", Map.of(), q, scale, zero);
  }

  static String zero(Grower g, boolean unsigned) {
    return g.constant(
        Tensor.of(unsigned ? DType.UINT8 : DType.INT8, new byte[] {(byte) (unsigned ? 121 : -3)}));
  }

  /** Coarse steps of inputs only: elsewhere a last bit would decide on a step. */
  static void fakeQuantize(Grower g) {
    Value x = g.pick(value -> value.name().startsWith("x"));
    if (x != null) {
      String scale = g.constant(Tensor.scalar(0.0371f));
      String zero = zero(g, g.chance(0.5));
      String q = g.raw("QuantizeLinear", Map.of(), x.name(), scale, zero);
      g.add("DequantizeLinear", x.shape(), Map.of(), q, scale, zero);
    }
  }
}
