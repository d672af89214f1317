package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Hardmax: 1 at the first greatest element along an axis, 0 elsewhere. Before opset 13 all axes
 * from the given one on count as one.
 */
final class Hardmax implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Hardmax"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireReal(inference, 0);
    axis(inference);
    return Checks.one(type, inference.shape(0));
  }

  private static int axis(Inference inference) {
    return Axes.attribute(
        inference.node(), inference.opset() < 13 ? 1 : -1, inference.shape(0).rank());
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    int axis = axis(lowering.inference());
    boolean flat = lowering.inference().opset() < 13;
    long extent = flat ? shape.product(axis, shape.rank()) : shape.dim(axis);
    long inner = flat ? 1 : shape.product(axis + 1, shape.rank());
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    DType type = src.fact().dtype();
    lowering.emit(
        RangeStep.units(
            "hardmax",
            extent == 0 ? 0 : shape.elements() / extent,
            extent * 2,
            (frame, from, to) -> {
              MemorySegment in = frame.segment(src);
              MemorySegment out = frame.segment(dst);
              for (long line = from; line < to; line++) {
                long start = line / inner * inner * extent + line % inner;
                long best = 0;
                long greatest = Long.MIN_VALUE;
                for (long k = 0; k < extent; k++) {
                  long key = SortKey.of(type, in, frame.at(src), start + k * inner);
                  if (key > greatest) {
                    greatest = key;
                    best = k;
                  }
                }
                for (long k = 0; k < extent; k++) {
                  double value = k == best ? 1 : 0;
                  Elements.putDouble(type, out, frame.at(dst), start + k * inner, value);
                }
              }
            }));
  }
}
