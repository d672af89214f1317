package dev.lathe.pass;

import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Questions about a node's surroundings that fusions of decomposed operators share. */
final class Pattern {

  /** Two scalars count as equal when they are within this of each other, relatively. */
  private static final float CLOSE = 1e-3f;

  private Pattern() {}

  /** The ONNX node of that type which produces a value, or null. */
  static @Nullable Node producer(GraphEditor graph, String value, String opType) {
    Node node = graph.producer(value);
    return node != null && node.is(opType) ? node : null;
  }

  /** The only reader of a value if it is an ONNX node of that type, or null. */
  static @Nullable Node consumer(GraphEditor graph, String value, String opType) {
    Node node = graph.onlyConsumer(value);
    return node != null && node.is(opType) ? node : null;
  }

  /** The operand of a binary node that is not {@code value}, or null when both or neither are. */
  static @Nullable String other(Node node, String value) {
    boolean first = node.input(0).equals(value);
    boolean second = node.input(1).equals(value);
    return first == second ? null : first ? node.input(1) : node.input(0);
  }

  /** The operand beside a scalar constant of a commutative node. */
  record Scaled(String value, float scalar) {

    boolean isBy(float expected) {
      return close(scalar, expected);
    }
  }

  /** An operand and a scalar of the node of that type which produces a value, or null. */
  static @Nullable Scaled scaled(GraphEditor graph, String value, String opType) {
    Node node = producer(graph, value, opType);
    return node == null ? null : scaled(graph, node);
  }

  /** An operand and a scalar of a binary node, or null. */
  static @Nullable Scaled scaled(GraphEditor graph, Node node) {
    Float first = Edits.scalar(graph, node.input(0));
    Float second = Edits.scalar(graph, node.input(1));
    if (second != null) {
      return new Scaled(node.input(0), second);
    }
    return first == null ? null : new Scaled(node.input(1), first);
  }

  static boolean close(float a, float b) {
    return Math.abs(a - b) <= CLOSE * Math.abs(b);
  }

  /** The factor a node multiplies its value by, for Mul and Div with a scalar; or null. */
  static @Nullable Scaled factor(GraphEditor graph, @Nullable Node node) {
    if (node != null && node.is("Mul")) {
      return scaled(graph, node);
    }
    Float divisor = node != null && node.is("Div") ? Edits.scalar(graph, node.input(1)) : null;
    return node == null || divisor == null ? null : new Scaled(node.input(0), 1 / divisor);
  }

  /** Whether a value is the square of another: Pow by 2 or a product with itself. */
  static boolean isSquare(GraphEditor graph, String value, String of) {
    return isPower(graph, value, of, 2) || isProduct(graph, value, of, of);
  }

  /** Whether a value is the cube of another, in any order of products. */
  static boolean isCube(GraphEditor graph, String value, String of) {
    Node product = producer(graph, value, "Mul");
    String square = product == null ? null : other(product, of);
    return isPower(graph, value, of, 3) || (square != null && isSquare(graph, square, of));
  }

  private static boolean isPower(GraphEditor graph, String value, String of, float exponent) {
    Node power = producer(graph, value, "Pow");
    Float actual = power == null ? null : Edits.scalar(graph, power.input(1));
    return power != null && actual != null && actual == exponent && power.input(0).equals(of);
  }

  private static boolean isProduct(GraphEditor graph, String value, String lhs, String rhs) {
    Node product = producer(graph, value, "Mul");
    return product != null && product.input(0).equals(lhs) && product.input(1).equals(rhs);
  }

  /** Axes of a reduction, from its attribute or, since opset 18, its constant operand; or null. */
  static long @Nullable [] axes(GraphEditor graph, Node reduction) {
    Tensor operand = reduction.hasInput(1) ? graph.constant(reduction.input(1)) : null;
    return operand != null ? operand.toLongs() : reduction.intsAttribute("axes");
  }
}
