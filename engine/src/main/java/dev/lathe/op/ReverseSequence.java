package dev.lathe.op;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * ReverseSequence: the first {@code sequence_lens[b]} steps of every batch entry in reverse, the
 * others as they are. Time and batch are the first two axes, in either order.
 */
final class ReverseSequence implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("ReverseSequence"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Checks.requireWholeBytes(inference, 0);
    Shape shape = inference.shape(0);
    long batch = node.intAttribute("batch_axis", 1);
    long time = node.intAttribute("time_axis", 0);
    if (shape.rank() < 2 || batch < 0 || batch > 1 || time != 1 - batch) {
      throw GraphErrors.invalid(
          node,
          "batch_axis " + batch + " and time_axis " + time + " of " + shape + ", expected 0 and 1");
    }
    if (inference.dtype(1) != DType.INT64
        || !inference.shape(1).equals(Shape.of(shape.dim((int) batch)))) {
      throw GraphErrors.invalid(
          node,
          "sequence_lens is "
              + inference.fact(1)
              + ", expected int64 "
              + Shape.of(shape.dim((int) batch)));
    }
    return Checks.one(inference.dtype(0), shape);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    boolean batchFirst = lowering.node().intAttribute("batch_axis", 1) == 0;
    String place = lowering.node().toString();
    long second = shape.dim(1);
    long steps = shape.dim(batchFirst ? 1 : 0);
    long stepStride = batchFirst ? 1 : second;
    long run = shape.product(2, shape.rank()) * Checks.requireWholeBytes(lowering.inference(), 0);
    Slot src = lowering.input(0);
    Slot lengths = lowering.input(1);
    Slot dst = lowering.output(0);
    lowering.emit(
        RangeStep.units(
            "reversesequence",
            shape.product(0, 2),
            4 + run / 16,
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                long batch = batchFirst ? i / second : i % second;
                long step = batchFirst ? i % second : i / second;
                long length =
                    Elements.getLong(DType.INT64, frame.segment(lengths), frame.at(lengths), batch);
                if (length < 0 || length > steps) {
                  throw badLength(place, length, steps);
                }
                long source = step < length ? i + (length - 1 - 2 * step) * stepStride : i;
                MemorySegment.copy(
                    frame.segment(src),
                    frame.at(src) + source * run,
                    frame.segment(dst),
                    frame.at(dst) + i * run,
                    run);
              }
            }));
  }

  private static InvalidDataException badLength(String place, long length, long steps) {
    return new InvalidDataException(
        new Problem(
            "sequence length " + length + " for " + steps + " time steps",
            place,
            "lengths lie in [0, " + steps + "]",
            "check the inputs"));
  }
}
