package dev.lathe.op;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;

/** Constant, Shape and Size: their contents are known as soon as shapes are. */
final class KnownValues implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Constant"), Key.onnx("Shape"), Key.onnx("Size"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Tensor value =
        switch (inference.node().opType()) {
          case "Constant" -> constant(inference.node());
          case "Shape" -> shape(inference);
          default -> Tensor.of(new long[] {inference.shape(0).elements()});
        };
    return List.of(TensorFact.constant(value));
  }

  private static Tensor constant(Node node) {
    if (node.attributes().size() != 1) {
      throw GraphErrors.invalid(
          node, "has " + node.attributes().size() + " attributes, expected one value");
    }
    Attribute attribute = node.attributes().values().iterator().next();
    return switch (attribute) {
      case Attribute.OfTensor(Tensor value) -> value;
      case Attribute.Real(float value) -> Tensor.scalar(value);
      case Attribute.Int(long value) -> Tensor.of(new long[] {value});
      case Attribute.Ints(List<Long> values) ->
          Tensor.of(values.stream().mapToLong(Long::longValue).toArray(), values.size());
      case Attribute.Reals(List<Float> values) -> {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
          floats[i] = values.get(i);
        }
        yield Tensor.of(floats, floats.length);
      }
      default ->
          throw Checks.unsupported(
              node,
              "the value is given as " + node.attributes().keySet().iterator().next(),
              "value, value_float, value_floats, value_int, value_ints");
    };
  }

  /** Dimensions [start, end) (attributes since opset 15; out-of-range ones are clamped). */
  private static Tensor shape(Inference inference) {
    Shape shape = inference.shape(0);
    int rank = shape.rank();
    int start = clamp(inference.node().intAttribute("start", 0), rank);
    int end = clamp(inference.node().intAttribute("end", rank), rank);
    long[] dims = new long[Math.max(0, end - start)];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(start + i);
    }
    return Tensor.of(dims, dims.length);
  }

  private static int clamp(long axis, int rank) {
    return Math.clamp(axis < 0 ? axis + rank : axis, 0, rank);
  }

  @Override
  public void lower(Lowering lowering) {
    Fill.emitKnown(lowering);
  }
}
