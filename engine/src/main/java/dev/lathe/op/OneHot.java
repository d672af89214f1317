package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.LongStream;

/**
 * OneHot: a new axis of extent {@code depth} that holds the on value at each index, the off value
 * elsewhere. Negative indices count from the end; an index outside leaves its whole line off.
 */
final class OneHot implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("OneHot"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireArithmetic(inference, 0);
    Checks.requireArithmetic(inference, 1);
    Checks.requireWholeBytes(inference, 2);
    Shape indices = inference.shape(0);
    if (!inference.shape(2).equals(Shape.of(2))) {
      throw GraphErrors.invalid(
          inference.node(), "values are " + inference.shape(2) + ", expected off and on");
    }
    Tensor depth = inference.requireValue(1, "depth");
    if (depth.elements() != 1) {
      throw GraphErrors.invalid(inference.node(), "depth is " + depth + ", expected one number");
    }
    int axis = axis(inference);
    return Checks.one(
        inference.dtype(2),
        Gather.join(
            LongStream.of(indices.dims()).limit(axis).toArray(),
            new long[] {(long) Elements.getDouble(depth.dtype(), depth.data(), 0, 0)},
            LongStream.of(indices.dims()).skip(axis).toArray()));
  }

  /** Position of the new axis in the output. */
  private static int axis(Inference inference) {
    return Axes.attribute(inference.node(), -1, inference.shape(0).rank() + 1);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape output = lowering.outputFact(0).shape();
    int axis = axis(lowering.inference());
    int bytes = Checks.requireWholeBytes(lowering.inference(), 2);
    long depth = output.dim(axis);
    long inner = output.product(axis + 1, output.rank());
    Slot indices = lowering.input(0);
    Slot values = lowering.input(2);
    Slot dst = lowering.output(0);
    DType type = indices.fact().dtype();
    lowering.emit(
        RangeStep.units(
            "onehot",
            indices.fact().shape().elements(),
            depth * 2,
            (frame, from, to) -> {
              MemorySegment in = frame.segment(values);
              MemorySegment out = frame.segment(dst);
              for (long i = from; i < to; i++) {
                double given =
                    Elements.getDouble(type, frame.segment(indices), frame.at(indices), i);
                long hot = (long) given + (given < 0 ? depth : 0);
                long at = frame.at(dst) + (i / inner * inner * depth + i % inner) * bytes;
                for (long k = 0; k < depth; k++) {
                  long value = frame.at(values) + (k == hot ? bytes : 0);
                  Elements.move(bytes, in, value, out, at + k * inner * bytes);
                }
              }
            }));
  }
}
