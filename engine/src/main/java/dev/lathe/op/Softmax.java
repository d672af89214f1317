package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.RowsF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Softmax and LogSoftmax: along one axis since opset 13; before, over everything from the axis on
 * as one row.
 */
final class Softmax implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Softmax"), Key.onnx("LogSoftmax"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireReal(inference, 0);
    axis(inference);
    return Checks.one(type, inference.shape(0));
  }

  private static int axis(Inference inference) {
    Node node = inference.node();
    int rank = inference.shape(0).rank();
    return Axes.attribute(node, inference.opset() < 13 ? 1 : -1, rank);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    int axis = axis(lowering.inference());
    RowsF32.Function function =
        lowering.node().opType().equals("Softmax")
            ? RowsF32.Function.SOFTMAX
            : RowsF32.Function.LOG_SOFTMAX;
    if (lowering.fact(0).dtype() != DType.FLOAT32) {
      plain(lowering, function == RowsF32.Function.LOG_SOFTMAX, shape, axis);
    } else if (lowering.inference().opset() < 13 || shape.product(axis + 1, shape.rank()) == 1) {
      lowering.mayOverwrite(0, 0);
      int length = Math.toIntExact(shape.product(axis, shape.rank()));
      long rows = shape.product(0, axis);
      Rows.softmax(lowering, function, lowering.input(0), lowering.output(0), length, rows);
    } else {
      alongInnerAxis(lowering, function, shape, axis);
    }
  }

  /** Brings the axis to the end and back. */
  private static void alongInnerAxis(
      Lowering lowering, RowsF32.Function function, Shape shape, int axis) {
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    Slot rows = lowering.scratch(shape.elements() * 4);
    long extent = shape.dim(axis);
    long inner = shape.product(axis + 1, shape.rank());
    long[] extents = {shape.product(0, axis), inner, extent};
    long[] strided = {extent * inner, 1, inner};
    long[] contiguous = {extent * inner, extent, 1};
    StridedCopy.emit(lowering, "transpose", 4, extents, src, 0, strided, rows, 0, contiguous);
    int length = Math.toIntExact(extent);
    Rows.softmax(lowering, function, rows, rows, length, shape.product(0, axis) * inner);
    StridedCopy.emit(lowering, "transpose", 4, extents, rows, 0, contiguous, dst, 0, strided);
  }

  /** Lines of any floating-point type, computed in double. */
  private static void plain(Lowering lowering, boolean logarithm, Shape shape, int axis) {
    boolean flattened = lowering.inference().opset() < 13;
    long inner = flattened ? 1 : shape.product(axis + 1, shape.rank());
    long extent = flattened ? shape.product(axis, shape.rank()) : shape.dim(axis);
    lowering.mayOverwrite(0, 0);
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    DType type = dst.fact().dtype();
    lowering.emit(
        RangeStep.units(
            "softmax",
            shape.product(0, axis) * inner,
            extent * 32,
            (frame, from, to) -> {
              MemorySegment x = frame.segment(src);
              for (long line = from; line < to; line++) {
                long first = line / inner * extent * inner + line % inner;
                long end = first + extent * inner;
                double max = Double.NEGATIVE_INFINITY;
                for (long i = first; i < end; i += inner) {
                  max = Math.max(max, Elements.getDouble(type, x, frame.at(src), i));
                }
                double sum = 0;
                for (long i = first; i < end; i += inner) {
                  sum += StrictMath.exp(Elements.getDouble(type, x, frame.at(src), i) - max);
                }
                double log = StrictMath.log(sum);
                for (long i = first; i < end; i += inner) {
                  double d = Elements.getDouble(type, x, frame.at(src), i) - max;
                  double y = logarithm ? d - log : StrictMath.exp(d) / sum;
                  Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, y);
                }
              }
            }));
  }
}
