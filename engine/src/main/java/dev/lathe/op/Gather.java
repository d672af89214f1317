package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Gather: slices of one axis by index; negative indices count from the end. */
final class Gather implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Gather"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireWholeBytes(inference, 0);
    Checks.requireIndexType(inference, 1);
    Shape data = inference.shape(0);
    int axis = Axes.attribute(inference.node(), 0, data.rank());
    long[] dims = LongStream.of(data.dims()).limit(axis).toArray();
    long[] tail = LongStream.of(data.dims()).skip(axis + 1L).toArray();
    return Checks.one(inference.dtype(0), join(dims, inference.shape(1).dims(), tail));
  }

  /** The shape of several lists of dimensions in a row. */
  static Shape join(long[]... dims) {
    return Shape.of(Arrays.stream(dims).flatMapToLong(LongStream::of).toArray());
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    int axis = Axes.attribute(lowering.node(), 0, shape.rank());
    long extent = shape.dim(axis);
    long run =
        shape.product(axis + 1, shape.rank()) * Checks.requireWholeBytes(lowering.inference(), 0);
    long picked = lowering.fact(1).shape().elements();
    Slot data = lowering.input(0);
    Indices indices = Indices.of(lowering, 1);
    Slot dst = lowering.output(0);
    lowering.emit(
        RangeStep.units(
            "gather",
            shape.product(0, axis) * picked,
            8 + run / 16,
            (frame, from, to) -> {
              for (long unit = from; unit < to; unit++) {
                long outer = unit / picked;
                long index = indices.at(frame, unit - outer * picked, extent);
                MemorySegment.copy(
                    frame.segment(data),
                    frame.at(data) + (outer * extent + index) * run,
                    frame.segment(dst),
                    frame.at(dst) + unit * run,
                    run);
              }
            }));
  }
}
