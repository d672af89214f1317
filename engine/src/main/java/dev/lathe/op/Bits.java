package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import java.util.List;
import java.util.function.LongBinaryOperator;

/**
 * BitwiseAnd, BitwiseOr, BitwiseXor and BitwiseNot of integers, and BitShift of unsigned ones by
 * amounts that broadcast; a shift by the type's width or more gives zero.
 */
final class Bits implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(
        Key.onnx("BitwiseAnd"),
        Key.onnx("BitwiseOr"),
        Key.onnx("BitwiseXor"),
        Key.onnx("BitwiseNot"),
        Key.onnx("BitShift"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType type = Checks.requireInteger(inference, 0);
    if (node.is("BitwiseNot")) {
      return Checks.one(type, inference.shape(0));
    }
    if (node.is("BitShift")) {
      requireUnsigned(node, type);
      shiftsLeft(node);
    }
    Checks.requireSameType(inference, 0, 1);
    return Checks.one(type, Checks.broadcast(node, inference.shape(0), inference.shape(1)));
  }

  private static void requireUnsigned(Node node, DType type) {
    switch (type) {
      case UINT8, UINT16, UINT32, UINT64 -> {}
      default -> throw GraphErrors.invalid(node, "input 0 is " + type + ", expected unsigned");
    }
  }

  private static boolean shiftsLeft(Node node) {
    String direction = node.textAttribute("direction", "");
    return switch (direction) {
      case "LEFT" -> true;
      case "RIGHT" -> false;
      default ->
          throw GraphErrors.invalid(
              node, "attribute 'direction' is '" + direction + "', expected LEFT or RIGHT");
    };
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    if (node.is("BitwiseNot")) {
      TypedPointwise.unaryInteger(lowering, "BitwiseNot", x -> ~x);
      return;
    }
    LongBinaryOperator function =
        switch (node.opType()) {
          case "BitwiseAnd" -> (a, b) -> a & b;
          case "BitwiseOr" -> (a, b) -> a | b;
          case "BitwiseXor" -> (a, b) -> a ^ b;
          default -> shiftsLeft(node) ? Bits::left : Bits::right;
        };
    TypedPointwise.binaryInteger(
        lowering,
        node.opType(),
        function,
        lowering.input(0),
        lowering.input(1),
        lowering.output(0));
  }

  private static long left(long value, long amount) {
    return Long.compareUnsigned(amount, 64) < 0 ? value << amount : 0;
  }

  private static long right(long value, long amount) {
    return Long.compareUnsigned(amount, 64) < 0 ? value >>> amount : 0;
  }
}
