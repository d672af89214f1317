package dev.lathe.pass;

import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A value whose elements depend only on how those of another compare with a number: comparisons
 * with a constant and Sign, and what Not, Cast, Where, sums and products with scalars and pairs of
 * QuantizeLinear and DequantizeLinear make of them, in which at most one Transpose moves the
 * elements.
 *
 * @param source what is compared
 * @param threshold with what
 * @param levels the values where the source is below, equal, above and unordered
 * @param transpose the Transpose, or null without
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record SignLevels(String source, float threshold, float[] levels, @Nullable Node transpose) {

  private static final float[] BELOW = {1, 0, 0, 0};
  private static final float[] NOT_ABOVE = {1, 1, 0, 0};
  private static final float[] ABOVE = {0, 0, 1, 0};
  private static final float[] NOT_BELOW = {0, 1, 1, 0};

  /** NaN has no sign; it counts for nothing. */
  private static final float[] SIGN = {-1, 0, 1, 0};

  /** What is known of a value; null when it is something else. */
  static @Nullable SignLevels of(GraphEditor graph, String value) {
    Node node = graph.producer(value);
    if (node == null || !node.domain().isEmpty()) {
      return null;
    }
    return switch (node.opType()) {
      case "Sign" -> new SignLevels(node.input(0), 0, SIGN, null);
      case "Less" -> compare(graph, node, BELOW, ABOVE);
      case "LessOrEqual" -> compare(graph, node, NOT_ABOVE, NOT_BELOW);
      case "Greater" -> compare(graph, node, ABOVE, BELOW);
      case "GreaterOrEqual" -> compare(graph, node, NOT_BELOW, NOT_ABOVE);
      case "Not" -> map(of(graph, node.input(0)), level -> 1 - level);
      case "Cast" -> cast(graph, node);
      case "Where" -> where(graph, node);
      case "Add", "Sub", "Mul", "Div" -> arithmetic(graph, node);
      case "Transpose" -> moved(of(graph, node.input(0)), node);
      case "DequantizeLinear" -> quantized(graph, node);
      default -> null;
    };
  }

  private static @Nullable SignLevels moved(@Nullable SignLevels operand, Node by) {
    return operand == null || operand.transpose != null
        ? null
        : new SignLevels(operand.source, operand.threshold, operand.levels, by);
  }

  private static @Nullable SignLevels compare(
      GraphEditor graph, Node node, float[] levels, float[] swapped) {
    Float first = Edits.scalar(graph, node.input(0));
    Float second = Edits.scalar(graph, node.input(1));
    if (second != null && !second.isNaN()) {
      return new SignLevels(node.input(0), second, levels, null);
    }
    return first == null || first.isNaN()
        ? null
        : new SignLevels(node.input(1), first, swapped, null);
  }

  private static @Nullable SignLevels map(
      @Nullable SignLevels operand, DoubleUnaryOperator function) {
    if (operand == null) {
      return null;
    }
    float[] mapped = new float[operand.levels.length];
    for (int i = 0; i < mapped.length; i++) {
      mapped[i] = (float) function.applyAsDouble(operand.levels[i]);
    }
    return new SignLevels(operand.source, operand.threshold, mapped, operand.transpose);
  }

  private static @Nullable SignLevels cast(GraphEditor graph, Node node) {
    DType to = DType.ofCode(Math.toIntExact(node.intAttribute("to", 0)));
    SignLevels operand = of(graph, node.input(0));
    if (operand == null || to == DType.BOOL) {
      return map(operand, level -> level == 0 ? 0 : 1);
    }
    boolean kept = to == DType.FLOAT32 || (to.isInteger() && operand.areSigns());
    return kept ? operand : null;
  }

  /** Whether every type but unsigned ones holds the levels; those hold 0 and 1. */
  private boolean areSigns() {
    for (float level : levels) {
      if (level != 0 && level != 1) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable SignLevels where(GraphEditor graph, Node node) {
    Float then = Edits.scalar(graph, node.input(1));
    Float otherwise = Edits.scalar(graph, node.input(2));
    return then == null || otherwise == null
        ? null
        : map(of(graph, node.input(0)), level -> level == 0 ? otherwise : then);
  }

  /** One float32 operation with a scalar. */
  private static @Nullable SignLevels arithmetic(GraphEditor graph, Node node) {
    Float first = Edits.scalar(graph, node.input(0));
    Float second = Edits.scalar(graph, node.input(1));
    if ((first == null) == (second == null)) {
      return null;
    }
    SignLevels operand = of(graph, node.input(first == null ? 0 : 1));
    return map(
        operand,
        level -> {
          float x = first == null ? (float) level : first;
          float y = second == null ? (float) level : second;
          return switch (node.opType()) {
            case "Add" -> x + y;
            case "Sub" -> x - y;
            case "Mul" -> x * y;
            default -> x / y;
          };
        });
  }

  /** A pair of 8 or 16 bits. */
  private static @Nullable SignLevels quantized(GraphEditor graph, Node node) {
    Node between = Pattern.producer(graph, node.input(0), "Transpose");
    String levels = between == null ? node.input(0) : between.input(0);
    Node quantize = Pattern.producer(graph, levels, "QuantizeLinear");
    Quantization to = Quantization.of(graph, quantize);
    Quantization from = Quantization.of(graph, node);
    if (quantize == null
        || to == null
        || from == null
        || to.dtype().bits() < 8
        || to.dtype().bits() > 16
        || !to.sameAs(from)) {
      return null;
    }
    boolean unsigned = to.dtype() == DType.UINT8 || to.dtype() == DType.UINT16;
    long least = unsigned ? 0 : -(1L << (to.dtype().bits() - 1));
    long most = least + (1L << to.dtype().bits()) - 1;
    float scale = to.scaleOf(0);
    int zero = to.zeroPointOf(0);
    SignLevels operand = of(graph, quantize.input(0));
    return map(
        between == null ? operand : moved(operand, between),
        level -> {
          double steps = Math.rint((float) level / scale) + zero;
          return (float) (Math.clamp(steps, (double) least, (double) most) - zero) * scale;
        });
  }

  /** The magnitude of all levels that are not 0; 0 when they have not one, or are not finite. */
  float magnitude() {
    float magnitude = 0;
    for (float level : levels) {
      float own = Math.abs(level);
      if (!Float.isFinite(own) || (own != 0 && magnitude != 0 && own != magnitude)) {
        return 0;
      }
      magnitude = Math.max(magnitude, own);
    }
    return magnitude;
  }

  /** The signs of the levels. */
  Long[] signs() {
    Long[] signs = new Long[levels.length];
    Arrays.setAll(signs, i -> (long) Math.signum(levels[i]));
    return signs;
  }
}
