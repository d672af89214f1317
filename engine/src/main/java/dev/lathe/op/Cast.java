package dev.lathe.op;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.util.Arrays;
import java.util.List;

/**
 * Cast and CastLike between all types but strings and complex numbers. Floats round to nearest
 * even; floats to integers truncate, integers wrap (4-bit ones saturate when they come from
 * floats); a cast to the same type is a view. Attribute {@code saturate} says what floats of 8 bits
 * make of values out of their range ({@link dev.lathe.tensor.Minifloat#encode}).
 */
final class Cast implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Cast"), Key.onnx("CastLike"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType to = node.is("Cast") ? target(node) : inference.dtype(1);
    requireNumeric(node, inference.dtype(0));
    requireNumeric(node, to);
    return Checks.one(to, inference.shape(0));
  }

  /** A code, or the code's name before opset 6. */
  private static DType target(Node node) {
    if (node.attributes().get("to") instanceof Attribute.Text(String name)) {
      return Arrays.stream(DType.values())
          .filter(type -> type.onnxName().equalsIgnoreCase(name))
          .findFirst()
          .orElseThrow(() -> GraphErrors.invalid(node, "attribute 'to' is '" + name + "'"));
    }
    return DType.ofCode(Math.toIntExact(Checks.requireInt(node, "to")));
  }

  private static void requireNumeric(Node node, DType type) {
    if (!type.isFloat() && !type.isInteger() && type != DType.BOOL) {
      throw Checks.unsupported(node, "type " + type, "bool, integers and real floats");
    }
  }

  @Override
  public void lower(Lowering lowering) {
    Slot src = lowering.input(0);
    DType from = src.fact().dtype();
    DType to = lowering.outputFact(0).dtype();
    if (from == to) {
      lowering.alias(0, 0);
      return;
    }
    Slot dst = lowering.output(0);
    long count = dst.fact().shape().elements();
    boolean unsaturated = isFloat8(to) && lowering.node().intAttribute("saturate", 1) == 0;
    RangeStep.Body body =
        unsaturated
            ? (frame, first, end) -> {
              for (long i = first; i < end; i++) {
                double x = Elements.getDouble(from, frame.segment(src), frame.at(src), i);
                Elements.putMinifloat(to, frame.segment(dst), frame.at(dst), i, x, false);
              }
            }
            : from.isFloat()
                ? (frame, first, end) -> {
                  for (long i = first; i < end; i++) {
                    double x = Elements.getDouble(from, frame.segment(src), frame.at(src), i);
                    Elements.putDouble(to, frame.segment(dst), frame.at(dst), i, x);
                  }
                }
                : (frame, first, end) -> {
                  for (long i = first; i < end; i++) {
                    Elements.convertInteger(
                        from,
                        frame.segment(src),
                        frame.at(src),
                        to,
                        frame.segment(dst),
                        frame.at(dst),
                        i);
                  }
                };
    lowering.emit(new RangeStep("cast", count, RangeStep.CACHE_LINE_GRAIN, count * 4, body));
  }

  private static boolean isFloat8(DType type) {
    return type.isFloat() && type.bits() == 8;
  }
}
