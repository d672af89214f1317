package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.UnaryF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Functions of single elements, one instance per operator. fp32 runs on {@link UnaryF32} where that
 * has the function; other types, and other functions, are computed in double and rounded once.
 */
final class Unary implements Operator {

  /** A function without parameters, or with those of a node. */
  @FunctionalInterface
  interface Plain {
    DoubleUnaryOperator of(Node node);
  }

  /** The vectorized form and where its two parameters come from. */
  private record Vectorized(
      UnaryF32.Function function, String aKey, float aDefault, String bKey, float bDefault) {}

  private final String opType;
  private final Plain plain;
  private final @Nullable Vectorized vectorized;
  private final @Nullable LongUnaryOperator integer;
  private final @Nullable LongUnaryOperator unsigned;

  private Unary(
      String opType,
      Plain plain,
      @Nullable Vectorized vectorized,
      @Nullable LongUnaryOperator integer,
      @Nullable LongUnaryOperator unsigned) {
    this.opType = opType;
    this.plain = plain;
    this.vectorized = vectorized;
    this.integer = integer;
    this.unsigned = unsigned;
  }

  /** A function without a vectorized form. */
  static Unary of(String opType, Plain plain) {
    return new Unary(opType, plain, null, null, null);
  }

  /** A function with a vectorized form that takes no parameters. */
  static Unary of(String opType, UnaryF32.Function function, DoubleUnaryOperator plain) {
    return new Unary(opType, node -> plain, new Vectorized(function, "", 0, "", 0), null, null);
  }

  /** A function with a vectorized form whose parameter a is an attribute. */
  static Unary of(String opType, UnaryF32.Function function, String key, float a, Plain plain) {
    return new Unary(opType, plain, new Vectorized(function, key, a, "", 0), null, null);
  }

  /** The same function with a second parameter. */
  Unary and(String key, float fallback) {
    Vectorized one = java.util.Objects.requireNonNull(vectorized);
    return new Unary(
        opType,
        plain,
        new Vectorized(one.function(), one.aKey(), one.aDefault(), key, fallback),
        integer,
        unsigned);
  }

  /** The same function, also for integers; those of uint64 have a form of their own. */
  Unary orInteger(LongUnaryOperator integer, LongUnaryOperator unsigned) {
    return new Unary(opType, plain, vectorized, integer, unsigned);
  }

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx(opType));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type =
        integer == null ? Checks.requireReal(inference, 0) : Checks.requireNumeric(inference, 0);
    return Checks.one(type, inference.shape(0));
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    DType type = lowering.fact(0).dtype();
    if (type == DType.FLOAT32 && vectorized != null) {
      Pointwise.unary(
          lowering,
          vectorized.function(),
          node.floatAttribute(vectorized.aKey(), vectorized.aDefault()),
          node.floatAttribute(vectorized.bKey(), vectorized.bDefault()));
    } else if (unsigned != null && type == DType.UINT64) {
      TypedPointwise.unaryInteger(lowering, opType, unsigned);
    } else if (integer != null && !type.isFloat()) {
      TypedPointwise.unaryInteger(lowering, opType, integer);
    } else {
      TypedPointwise.unaryReal(lowering, opType, plain.of(node));
    }
  }
}
