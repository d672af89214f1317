package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.Shape;
import java.util.List;

/** Concat along one axis: one strided copy per operand. */
final class Concat implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Concat"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Shape first = inference.shape(0);
    int axis = axis(inference);
    Checks.requireWholeBytes(inference, 0);
    long extent = first.dim(axis);
    for (int i = 1; i < node.inputs().size(); i++) {
      Checks.requireSameType(inference, 0, i);
      Shape shape = inference.shape(i);
      if (shape.rank() != first.rank() || !shape.with(axis, 0).equals(first.with(axis, 0))) {
        throw GraphErrors.invalid(
            node, "input " + i + " " + shape + " does not fit input 0 " + first);
      }
      extent += shape.dim(axis);
    }
    return Checks.one(inference.dtype(0), first.with(axis, extent));
  }

  /** The attribute, which before opset 4 defaults to 1. */
  private static int axis(Inference inference) {
    Node node = inference.node();
    int rank = inference.shape(0).rank();
    return inference.opset() < 4
        ? Axes.attribute(node, 1, rank)
        : Axes.of(node, Checks.requireInt(node, "axis"), rank);
  }

  @Override
  public void lower(Lowering lowering) {
    int inputs = lowering.node().inputs().size();
    Shape output = lowering.outputFact(0).shape();
    if (inputs == 1) {
      lowering.alias(0, 0);
      return;
    }
    int axis = axis(lowering.inference());
    int bytes = Checks.requireWholeBytes(lowering.inference(), 0);
    long[] strides = output.strides();
    long at = 0;
    for (int i = 0; i < inputs; i++) {
      Shape shape = lowering.fact(i).shape();
      StridedCopy.emit(
          lowering,
          "concat",
          bytes,
          shape.dims(),
          lowering.input(i),
          0,
          shape.strides(),
          lowering.output(0),
          at * strides[axis],
          strides);
      at += shape.dim(axis);
    }
  }
}
