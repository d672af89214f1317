package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
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
    Copy copy =
        new Copy(lowering, Axes.attribute(lowering.node(), 0, lowering.fact(0).shape().rank()));
    long count = lowering.outputFact(0).shape().elements();
    lowering.emit(new RangeStep("gather", count, RangeStep.CACHE_LINE_GRAIN, count * 4, copy));
  }

  /** Elements [from, to) of the output, row by row of a nest over the indices and the data. */
  private static final class Copy implements RangeStep.Body {
    private final Slot data;
    private final Indices indices;
    private final Slot dst;
    private final int bytes;
    private final Nest nest;
    private final long extent;
    private final long stride;

    Copy(Lowering lowering, int axis) {
      Shape shape = lowering.fact(0).shape();
      long[] strides = shape.strides();
      this.data = lowering.input(0);
      this.indices = Indices.of(lowering, 1);
      this.dst = lowering.output(0);
      this.bytes = Checks.requireWholeBytes(lowering.inference(), 0);
      this.extent = shape.dim(axis);
      this.stride = strides[axis];
      strides[axis] = 0;
      this.nest = Nest.of(lowering.outputFact(0).shape().dims(), strides);
    }

    @Override
    public void run(Frame frame, long from, long to) {
      long inner = nest.inner();
      for (long at = from; at < to; ) {
        long row = at / inner;
        long skip = at - row * inner;
        long end = Math.min(to, at + inner - skip);
        long source = nest.offset(0, row, 1) + skip * nest.innerStride(0);
        for (; at < end; at++, source += nest.innerStride(0)) {
          Elements.move(
              bytes,
              frame.segment(data),
              frame.at(data) + (source + indices.at(frame, at, extent) * stride) * bytes,
              frame.segment(dst),
              frame.at(dst) + at * bytes);
        }
      }
    }
  }
}
