package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.List;

/** EyeLike: ones on diagonal {@code k} of a matrix of the input's shape, zeros elsewhere. */
final class EyeLike implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("EyeLike"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    inference.requireRank(0, 2);
    Node node = inference.node();
    DType type =
        node.attributes().containsKey("dtype")
            ? DType.ofCode(Math.toIntExact(node.intAttribute("dtype", 0)))
            : inference.dtype(0);
    switch (type) {
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16, BOOL -> {}
      case INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 -> {}
      default -> throw GraphErrors.invalid(node, "the output is " + type + ", expected numbers");
    }
    return Checks.one(type, inference.shape(0));
  }

  @Override
  public void lower(Lowering lowering) {
    Slot dst = lowering.output(0);
    Shape shape = dst.fact().shape();
    DType type = dst.fact().dtype();
    long columns = shape.dim(1);
    long k = Math.clamp(lowering.node().intAttribute("k", 0), -shape.dim(0), columns);
    lowering.emit(
        RangeStep.units(
            "eyelike",
            shape.dim(0),
            columns,
            (frame, from, to) -> {
              for (long row = from; row < to; row++) {
                for (long column = 0; column < columns; column++) {
                  long value = column == row + k ? 1 : 0;
                  long index = row * columns + column;
                  Elements.putLong(type, frame.segment(dst), frame.at(dst), index, value);
                }
              }
            }));
  }
}
