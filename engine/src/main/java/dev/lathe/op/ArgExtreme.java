package dev.lathe.op;

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
 * ArgMax and ArgMin: of equal elements the first one, or the last with select_last_index. A NaN is
 * the extreme either way, as in numpy.
 */
final class ArgExtreme implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("ArgMax"), Key.onnx("ArgMin"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireArithmetic(inference, 0);
    Shape shape = inference.shape(0);
    Node node = inference.node();
    boolean[] reduced = new boolean[shape.rank()];
    int axis = Axes.attribute(node, 0, shape.rank());
    if (shape.dim(axis) == 0) {
      throw GraphErrors.invalid(node, "axis " + axis + " of " + shape + " is empty");
    }
    reduced[axis] = true;
    return Checks.one(
        DType.INT64, Reduce.reducedShape(shape, reduced, node.intAttribute("keepdims", 1) != 0));
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    Shape shape = src.fact().shape();
    DType type = src.fact().dtype();
    int axis = Axes.attribute(node, 0, shape.rank());
    long extent = shape.dim(axis);
    long inner = shape.product(axis + 1, shape.rank());
    boolean greatest = node.is("ArgMax");
    boolean last = node.intAttribute("select_last_index", 0) != 0;
    lowering.emit(
        RangeStep.units(
            "argextreme",
            dst.fact().shape().elements(),
            extent,
            (frame, from, to) -> {
              MemorySegment in = frame.segment(src);
              for (long i = from; i < to; i++) {
                long start = i / inner * inner * extent + i % inner;
                long best = 0;
                long value = key(type, in, frame.at(src), start, greatest);
                for (long k = 1; k < extent; k++) {
                  long key = key(type, in, frame.at(src), start + k * inner, greatest);
                  if (key > value || (last && key == value)) {
                    best = k;
                    value = key;
                  }
                }
                Elements.putLong(DType.INT64, frame.segment(dst), frame.at(dst), i, best);
              }
            }));
  }

  /** A key that is greatest at the extreme. */
  private static long key(DType type, MemorySegment data, long base, long index, boolean greatest) {
    long key = SortKey.of(type, data, base, index);
    return greatest || (type.isFloat() && key == SortKey.NAN) ? key : ~key;
  }
}
