package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * TopK: the k greatest (or least) elements along an axis and where they were, best first; of equal
 * elements the one with the lower index first. NaN is above every number. {@code k} is an attribute
 * before opset 10, an input since. The order is the same when {@code sorted} is 0.
 */
final class TopK implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("TopK"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType type = Checks.requireArithmetic(inference, 0);
    Shape shape = inference.shape(0);
    int axis = Axes.attribute(node, -1, shape.rank());
    long k = k(inference);
    if (k < 0 || k > shape.dim(axis)) {
      throw GraphErrors.invalid(node, "k is " + k + ", axis " + axis + " of " + shape);
    }
    Shape result = shape.with(axis, k);
    TensorFact values = TensorFact.of(type, result);
    return node.outputs().size() > 1
        ? List.of(values, TensorFact.of(DType.INT64, result))
        : List.of(values);
  }

  private static long k(Inference inference) {
    if (inference.opset() < 10) {
      return Checks.requireInt(inference.node(), "k");
    }
    Tensor k = inference.requireValue(1, "k");
    if (k.elements() != 1) {
      throw GraphErrors.invalid(inference.node(), "k is " + k + ", expected one integer");
    }
    return k.integer(0);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    int axis = Axes.attribute(lowering.node(), -1, shape.rank());
    long k = k(lowering.inference());
    Shape result = shape.with(axis, k);
    if (k == 0 || result.elements() == 0) {
      return;
    }
    Slot indices =
        lowering.isUsed(1) ? lowering.output(1) : lowering.scratch(8 * result.elements());
    Selection selection =
        new Selection(
            lowering.input(0),
            lowering.isUsed(0) ? lowering.output(0) : null,
            indices,
            shape.dim(axis),
            k,
            shape.product(axis + 1, shape.rank()),
            lowering.node().intAttribute("largest", 1) != 0);
    int depth = Long.SIZE - Long.numberOfLeadingZeros(k);
    lowering.emit(
        RangeStep.units(
            "topk", result.elements() / k, shape.dim(axis) * 4 + k * depth * 8, selection));
  }

  /**
   * The selection of every line: a heap of the k best positions so far, the worst at its root, kept
   * in the line of the indices that becomes the result.
   */
  private record Selection(
      Slot src,
      @Nullable Slot values,
      Slot indices,
      long extent,
      long k,
      long inner,
      boolean largest)
      implements RangeStep.Body {

    @Override
    public void run(Frame frame, long from, long to) {
      for (long line = from; line < to; line++) {
        long outer = line / inner;
        long start = outer * inner * extent + line % inner;
        long heap = outer * inner * k + line % inner;
        select(frame, start, heap);
        if (values != null) {
          copy(frame, start, heap, values);
        }
      }
    }

    private void copy(Frame frame, long start, long heap, Slot values) {
      int bytes = src.fact().dtype().bits() / 8;
      for (long i = 0; i < k; i++) {
        Elements.move(
            bytes,
            frame.segment(src),
            frame.at(src) + (start + position(frame, heap, i) * inner) * bytes,
            frame.segment(values),
            frame.at(values) + (heap + i * inner) * bytes);
      }
    }

    private void select(Frame frame, long start, long heap) {
      for (long i = 0; i < k; i++) {
        put(frame, heap, i, i);
      }
      for (long i = k / 2 - 1; i >= 0; i--) {
        sink(frame, start, heap, i, k);
      }
      long worst = key(frame, start, position(frame, heap, 0));
      for (long i = k; i < extent; i++) {
        // An equal element comes later and is therefore worse.
        if (key(frame, start, i) > worst) {
          put(frame, heap, 0, i);
          sink(frame, start, heap, 0, k);
          worst = key(frame, start, position(frame, heap, 0));
        }
      }
      for (long end = k - 1; end > 0; end--) {
        long root = position(frame, heap, 0);
        put(frame, heap, 0, position(frame, heap, end));
        put(frame, heap, end, root);
        sink(frame, start, heap, 0, end);
      }
    }

    private void sink(Frame frame, long start, long heap, long node, long size) {
      long moving = position(frame, heap, node);
      long movingKey = key(frame, start, moving);
      while (2 * node + 1 < size) {
        long child = 2 * node + 1;
        long position = position(frame, heap, child);
        long key = key(frame, start, position);
        if (child + 1 < size) {
          long other = position(frame, heap, child + 1);
          long otherKey = key(frame, start, other);
          if (worse(otherKey, other, key, position)) {
            child++;
            position = other;
            key = otherKey;
          }
        }
        if (!worse(key, position, movingKey, moving)) {
          break;
        }
        put(frame, heap, node, position);
        node = child;
      }
      put(frame, heap, node, moving);
    }

    private static boolean worse(long key, long position, long otherKey, long other) {
      return key != otherKey ? key < otherKey : position > other;
    }

    private long key(Frame frame, long start, long position) {
      long index = start + position * inner;
      long key = SortKey.of(src.fact().dtype(), frame.segment(src), frame.at(src), index);
      return largest ? key : ~key;
    }

    private long position(Frame frame, long heap, long i) {
      MemorySegment segment = frame.segment(indices);
      return segment.get(Tensor.I64, frame.at(indices) + (heap + i * inner) * 8);
    }

    private void put(Frame frame, long heap, long i, long position) {
      MemorySegment segment = frame.segment(indices);
      segment.set(Tensor.I64, frame.at(indices) + (heap + i * inner) * 8, position);
    }
  }
}
