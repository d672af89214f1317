package dev.lathe.op;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Checks and small steps of inference that operators share. */
final class Checks {

  private Checks() {}

  /** The failure for a form that is not implemented. */
  static UnsupportedException unsupported(Node node, String what, String supported) {
    return new UnsupportedException(
        new Problem(what, node.toString(), "supported: " + supported, "change the model"));
  }

  /** Requires fp32, the type of the vectorized operators. */
  static void requireF32(Inference inference, int input) {
    if (inference.dtype(input) != DType.FLOAT32) {
      throw unsupported(
          inference.node(), "input " + input + " is " + inference.dtype(input), "float32");
    }
  }

  /** Requires a type that the element-wise operators compute on. */
  static DType requireArithmetic(Inference inference, int input) {
    DType type = inference.dtype(input);
    return switch (type) {
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> type;
      case INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64, BOOL -> type;
      default ->
          throw unsupported(
              inference.node(),
              "input " + input + " is " + type,
              "float16, bfloat16, float32, float64, int8 to int64, uint8 to uint64, bool");
    };
  }

  /** The same without bool. */
  static DType requireNumeric(Inference inference, int input) {
    DType type = requireArithmetic(inference, input);
    if (type == DType.BOOL) {
      throw GraphErrors.invalid(
          inference.node(), "input " + input + " is bool, expected a numeric type");
    }
    return type;
  }

  /** Requires one of the floating-point types that are computed in: 16 to 64 bits. */
  static DType requireReal(Inference inference, int input) {
    DType type = requireArithmetic(inference, input);
    if (!type.isFloat()) {
      throw GraphErrors.invalid(
          inference.node(), "input " + input + " is " + type + ", expected a floating-point type");
    }
    return type;
  }

  /** Requires an integer type of 8 bits and more. */
  static DType requireInteger(Inference inference, int input) {
    DType type = requireArithmetic(inference, input);
    if (!type.isInteger()) {
      throw GraphErrors.invalid(
          inference.node(), "input " + input + " is " + type + ", expected an integer type");
    }
    return type;
  }

  /** Requires two inputs of one type. */
  static void requireSameType(Inference inference, int first, int second) {
    if (inference.dtype(first) != inference.dtype(second)) {
      throw GraphErrors.invalid(
          inference.node(),
          "inputs "
              + first
              + " and "
              + second
              + " differ in type: "
              + inference.dtype(first)
              + " and "
              + inference.dtype(second));
    }
  }

  /** Requires type and shape of an operand unless it is omitted. */
  static void requireOperand(Inference inference, int input, DType type, Shape shape) {
    if (!inference.has(input)) {
      return;
    }
    if (inference.dtype(input) != type || !inference.shape(input).equals(shape)) {
      throw GraphErrors.invalid(
          inference.node(),
          "input "
              + input
              + " is "
              + inference.dtype(input)
              + " "
              + inference.shape(input)
              + ", expected "
              + type
              + " "
              + shape);
    }
  }

  /** Requires an element of a whole number of bytes, which data movement needs. */
  static int requireWholeBytes(Inference inference, int input) {
    DType type = inference.dtype(input);
    if (type.bits() < 8) {
      throw unsupported(
          inference.node(), "input " + input + " is " + type, "types of 8 bits and more");
    }
    return type.bits() / 8;
  }

  static void requireIndexType(Inference inference, int input) {
    DType type = inference.dtype(input);
    if (type != DType.INT64 && type != DType.INT32) {
      throw GraphErrors.invalid(
          inference.node(), "input " + input + " is " + type + ", expected int32 or int64");
    }
  }

  /** The shape two operands broadcast to. */
  static Shape broadcast(Node node, Shape lhs, Shape rhs) {
    int rank = Math.max(lhs.rank(), rhs.rank());
    long[] dims = new long[rank];
    for (int axis = 1; axis <= rank; axis++) {
      long l = axis <= lhs.rank() ? lhs.dim(-axis) : 1;
      long r = axis <= rhs.rank() ? rhs.dim(-axis) : 1;
      if (l != r && l != 1 && r != 1) {
        throw GraphErrors.invalid(node, "shapes " + lhs + " and " + rhs + " do not broadcast");
      }
      dims[rank - axis] = l == 1 ? r : l;
    }
    return Shape.of(dims);
  }

  /** The shape the first two operands broadcast to, under the rules of the operator set. */
  static Shape broadcast(Inference inference) {
    return broadcast(inference.node(), inference.shape(0), OldBroadcast.shape(inference));
  }

  /** The fact of a single output. */
  static List<TensorFact> one(DType dtype, Shape shape) {
    return List.of(TensorFact.of(dtype, shape));
  }

  /** The same fact for every output the node names. */
  static List<TensorFact> forEachOutput(Node node, TensorFact fact) {
    List<TensorFact> facts = new ArrayList<>();
    for (int i = 0; i < node.outputs().size(); i++) {
      facts.add(fact);
    }
    return facts;
  }

  /** Refuses the optional outputs from {@code first} on. */
  static void requireNoOutputFrom(Node node, int first, String supported) {
    for (int i = first; i < node.outputs().size(); i++) {
      if (!node.output(i).isEmpty()) {
        throw unsupported(node, "optional output " + i + " is used", supported);
      }
    }
  }

  /** An attribute the specification requires. */
  static long requireInt(Node node, String key) {
    if (!node.attributes().containsKey(key)) {
      throw GraphErrors.invalid(node, "attribute '" + key + "' is missing");
    }
    return node.intAttribute(key, 0);
  }
}
