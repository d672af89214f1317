package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import java.util.List;

/** Not, IsNaN and IsInf: bool functions of one operand. */
final class Predicate implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Not"), Key.onnx("IsNaN"), Key.onnx("IsInf"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = inference.dtype(0);
    Node node = inference.node();
    if (node.is("Not") ? type != DType.BOOL : !type.isFloat()) {
      throw GraphErrors.invalid(
          node, "input 0 is " + type + ", expected " + (node.is("Not") ? "bool" : "a float type"));
    }
    return Checks.one(DType.BOOL, inference.shape(0));
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    switch (node.opType()) {
      case "Not" -> TypedPointwise.unaryInteger(lowering, "Not", Predicate::not);
      case "IsNaN" -> TypedPointwise.unaryReal(lowering, "IsNaN", Predicate::isNaN);
      default -> {
        boolean negative = node.intAttribute("detect_negative", 1) != 0;
        boolean positive = node.intAttribute("detect_positive", 1) != 0;
        TypedPointwise.unaryReal(lowering, "IsInf", x -> isInfinite(x, negative, positive));
      }
    }
  }

  private static long not(long x) {
    return x ^ 1;
  }

  private static double isNaN(double x) {
    return Double.isNaN(x) ? 1 : 0;
  }

  private static double isInfinite(double x, boolean negative, boolean positive) {
    return (negative && x == Double.NEGATIVE_INFINITY)
            || (positive && x == Double.POSITIVE_INFINITY)
        ? 1
        : 0;
  }
}
