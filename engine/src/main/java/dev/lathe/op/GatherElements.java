package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.List;

/** GatherElements: every output element names its own index along one axis. */
final class GatherElements implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("GatherElements"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireWholeBytes(inference, 0);
    Checks.requireIndexType(inference, 1);
    Shape data = inference.shape(0);
    Shape indices = inference.shape(1);
    inference.requireRank(1, data.rank());
    int axis = Axes.attribute(inference.node(), 0, data.rank());
    for (int other = 0; other < data.rank(); other++) {
      if (other != axis && indices.dim(other) > data.dim(other)) {
        throw GraphErrors.invalid(
            inference.node(), "indices " + indices + " exceed the data " + data);
      }
    }
    return Checks.one(inference.dtype(0), indices);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    Shape output = lowering.outputFact(0).shape();
    int axis = Axes.attribute(lowering.node(), 0, shape.rank());
    int bytes = Checks.requireWholeBytes(lowering.inference(), 0);
    DType type = lowering.fact(1).dtype();
    long extent = shape.dim(axis);
    long stride = shape.strides()[axis];
    long[] strides = shape.strides();
    strides[axis] = 0;
    Nest nest = Nest.of(output.dims(), strides);
    Slot data = lowering.input(0);
    Slot indices = lowering.input(1);
    Slot dst = lowering.output(0);
    lowering.emit(
        RangeStep.elements(
            "gather",
            output.elements(),
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                long index =
                    Gather.index(type, frame.segment(indices), frame.at(indices), i, extent);
                Elements.move(
                    bytes,
                    frame.segment(data),
                    frame.at(data) + (nest.offset(0, i, 0) + index * stride) * bytes,
                    frame.segment(dst),
                    frame.at(dst) + i * bytes);
              }
            }));
  }
}
