package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
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
 * Trilu: the upper or lower triangle of the matrices in the last two axes, zero elsewhere. Diagonal
 * {@code k}, read in the run, belongs to both triangles.
 */
final class Trilu implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Trilu"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireWholeBytes(inference, 0);
    Shape shape = inference.shape(0);
    if (shape.rank() < 2) {
      throw GraphErrors.invalid(inference.node(), "the input " + shape + " holds no matrices");
    }
    if (inference.has(1)
        && (inference.dtype(1) != DType.INT64 || inference.shape(1).elements() != 1)) {
      throw GraphErrors.invalid(
          inference.node(), "k is " + inference.fact(1) + ", expected one int64");
    }
    return Checks.one(inference.dtype(0), shape);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    boolean upper = lowering.node().intAttribute("upper", 1) != 0;
    int bytes = Checks.requireWholeBytes(lowering.inference(), 0);
    long rows = shape.dim(-2);
    long columns = shape.dim(-1);
    Slot src = lowering.input(0);
    Slot diagonal = lowering.has(1) ? lowering.input(1) : null;
    Slot dst = lowering.output(0);
    MemorySegment zeros = lowering.filled((byte) 0, columns * bytes);
    lowering.emit(
        RangeStep.units(
            "trilu",
            shape.product(0, shape.rank() - 1),
            4 + columns * bytes / 16,
            (frame, from, to) -> {
              MemorySegment in = frame.segment(src);
              MemorySegment out = frame.segment(dst);
              long k =
                  diagonal == null
                      ? 0
                      : Elements.getLong(
                          DType.INT64, frame.segment(diagonal), frame.at(diagonal), 0);
              k = Math.clamp(k, -rows, columns);
              for (long row = from; row < to; row++) {
                // Columns [0, bound) lie below the diagonal, or up to it for the lower triangle.
                long bound = Math.clamp(row % rows + k + (upper ? 0 : 1), 0, columns);
                long first = upper ? bound : 0;
                long end = upper ? columns : bound;
                long at = row * columns * bytes;
                MemorySegment.copy(zeros, 0, out, frame.at(dst) + at, first * bytes);
                MemorySegment.copy(
                    zeros, 0, out, frame.at(dst) + at + end * bytes, (columns - end) * bytes);
                MemorySegment.copy(
                    in,
                    frame.at(src) + at + first * bytes,
                    out,
                    frame.at(dst) + at + first * bytes,
                    (end - first) * bytes);
              }
            }));
  }
}
