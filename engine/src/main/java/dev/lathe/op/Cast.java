package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.util.List;

/**
 * Cast and CastLike between numeric types. Floats to integers truncate; integers wrap; a cast to
 * the same type is a view.
 */
final class Cast implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Cast"), Key.onnx("CastLike"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType to =
        node.is("Cast")
            ? DType.ofCode(Math.toIntExact(Checks.requireInt(node, "to")))
            : inference.dtype(1);
    requireNumeric(node, inference.dtype(0));
    requireNumeric(node, to);
    return Checks.one(to, inference.shape(0));
  }

  private static void requireNumeric(Node node, DType type) {
    switch (type) {
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16, BOOL, INT4, UINT4 -> {}
      case INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 -> {}
      default ->
          throw Checks.unsupported(
              node,
              "type " + type,
              "float16, bfloat16, float32, float64, bool, int4 to int64, uint4 to uint64");
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
    RangeStep.Body body =
        from.isFloat()
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
}
