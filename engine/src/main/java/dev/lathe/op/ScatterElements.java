package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.List;

/**
 * ScatterElements and Scatter, its name before opset 11: a copy of the data into which every update
 * goes at its own index along one axis. Lines along the axis are independent; updates of one line
 * are applied in order, so that the result with repeated indices is defined.
 */
final class ScatterElements implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("ScatterElements"), Key.onnx("Scatter"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireWholeBytes(inference, 0);
    Checks.requireIndexType(inference, 1);
    Checks.requireSameType(inference, 0, 2);
    ScatterReduction.of(inference);
    Shape data = inference.shape(0);
    Shape indices = inference.shape(1);
    inference.requireRank(1, data.rank());
    int axis = Axes.attribute(inference.node(), 0, data.rank());
    if (!indices.equals(inference.shape(2))) {
      throw GraphErrors.invalid(
          inference.node(), "indices " + indices + ", updates " + inference.shape(2));
    }
    for (int other = 0; other < data.rank(); other++) {
      if (other != axis && indices.dim(other) > data.dim(other)) {
        throw GraphErrors.invalid(
            inference.node(), "indices " + indices + " exceed the data " + data);
      }
    }
    return Checks.one(inference.dtype(0), data);
  }

  @Override
  public void lower(Lowering lowering) {
    ScatterReduction.emitCopy(lowering);
    Shape indices = lowering.fact(1).shape();
    if (indices.elements() == 0) {
      return;
    }
    int axis = Axes.attribute(lowering.node(), 0, indices.rank());
    Scatter scatter = new Scatter(lowering, axis);
    long lines = indices.elements() / indices.dim(axis);
    lowering.emit(RangeStep.units("scatter", lines, indices.dim(axis) * 8, scatter));
  }

  /** The updates of lines [from, to): all axes of the indices but the scattered one. */
  private static final class Scatter implements RangeStep.Body {
    private final ScatterReduction reduction;
    private final Indices indices;
    private final Slot updates;
    private final Slot dst;
    private final DType type;
    private final Nest lines;
    private final long extent;
    private final long count;
    private final long indexStride;
    private final long stride;

    Scatter(Lowering lowering, int axis) {
      Shape data = lowering.fact(0).shape();
      Shape index = lowering.fact(1).shape();
      this.reduction = ScatterReduction.of(lowering.inference());
      this.indices = Indices.of(lowering, 1);
      this.updates = lowering.input(2);
      this.dst = lowering.output(0);
      this.type = lowering.fact(0).dtype();
      this.lines = Nest.of(index.with(axis, 1).dims(), index.strides(), data.strides());
      this.extent = data.dim(axis);
      this.count = index.dim(axis);
      this.indexStride = index.strides()[axis];
      this.stride = data.strides()[axis];
    }

    @Override
    public void run(Frame frame, long from, long to) {
      int bytes = type.bits() / 8;
      long inner = lines.inner();
      for (long at = from; at < to; ) {
        long row = at / inner;
        long skip = at - row * inner;
        long end = Math.min(inner, skip + to - at);
        long source = lines.offset(0, row, 1);
        long target = lines.offset(1, row, 1);
        for (long k = 0; k < count; k++) {
          for (long i = skip; i < end; i++) {
            long update = source + k * indexStride + i * lines.innerStride(0);
            long index = indices.at(frame, update, extent);
            long element = target + index * stride + i * lines.innerStride(1);
            reduction.apply(
                type,
                frame.segment(updates),
                frame.at(updates) + update * bytes,
                frame.segment(dst),
                frame.at(dst) + element * bytes);
          }
        }
        at += end - skip;
      }
    }
  }
}
