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

/**
 * CumSum along one axis, from either end, with or without the element itself. Floats accumulate in
 * double, integers modulo 2^bits.
 */
final class CumSum implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("CumSum"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireNumeric(inference, 0);
    axis(inference);
    return Checks.one(type, inference.shape(0));
  }

  private static int axis(Inference inference) {
    Checks.requireIndexType(inference, 1);
    Tensor axis = inference.requireValue(1, "the axis operand");
    if (axis.elements() != 1) {
      throw GraphErrors.invalid(inference.node(), "the axis is " + axis + ", expected one integer");
    }
    return Axes.of(inference.node(), axis.integer(0), inference.shape(0).rank());
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    int axis = axis(lowering.inference());
    boolean exclusive = lowering.node().intAttribute("exclusive", 0) != 0;
    boolean reverse = lowering.node().intAttribute("reverse", 0) != 0;
    long extent = shape.dim(axis);
    long inner = shape.product(axis + 1, shape.rank());
    long step = reverse ? -inner : inner;
    lowering.mayOverwrite(0, 0);
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    DType type = src.fact().dtype();
    lowering.emit(
        RangeStep.units(
            "cumsum",
            extent == 0 ? 0 : shape.elements() / extent,
            extent * 4,
            (frame, from, to) -> {
              MemorySegment in = frame.segment(src);
              MemorySegment out = frame.segment(dst);
              for (long line = from; line < to; line++) {
                long first = line / inner * inner * extent + line % inner;
                first += reverse ? (extent - 1) * inner : 0;
                if (type.isFloat()) {
                  real(type, in, frame.at(src), out, frame.at(dst), first, step, extent, exclusive);
                } else {
                  whole(
                      type, in, frame.at(src), out, frame.at(dst), first, step, extent, exclusive);
                }
              }
            }));
  }

  private static void real(
      DType type,
      MemorySegment in,
      long src,
      MemorySegment out,
      long dst,
      long first,
      long step,
      long extent,
      boolean exclusive) {
    double sum = 0;
    for (long k = 0, i = first; k < extent; k++, i += step) {
      double before = sum;
      sum += Elements.getDouble(type, in, src, i);
      Elements.putDouble(type, out, dst, i, exclusive ? before : sum);
    }
  }

  private static void whole(
      DType type,
      MemorySegment in,
      long src,
      MemorySegment out,
      long dst,
      long first,
      long step,
      long extent,
      boolean exclusive) {
    long sum = 0;
    for (long k = 0, i = first; k < extent; k++, i += step) {
      long before = sum;
      sum += Elements.getLong(type, in, src, i);
      Elements.putLong(type, out, dst, i, exclusive ? before : sum);
    }
  }
}
