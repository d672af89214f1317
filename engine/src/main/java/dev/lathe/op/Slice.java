package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/** Slice: operands are attributes before opset 10, inputs since; steps may be negative. */
final class Slice implements Operator {

  /** Per axis of the input: first index, step and number of elements. */
  private static final class Box {
    final long[] starts;
    final long[] steps;
    final long[] counts;

    Box(Shape shape) {
      this.starts = new long[shape.rank()];
      this.steps = new long[shape.rank()];
      this.counts = shape.dims();
      Arrays.fill(steps, 1);
    }
  }

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Slice"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireWholeBytes(inference, 0);
    return Checks.one(inference.dtype(0), Shape.of(box(inference).counts));
  }

  private static Box box(Inference inference) {
    Node node = inference.node();
    Shape shape = inference.shape(0);
    long[] starts = Axes.requireList(inference, "starts", 1);
    long[] ends = Axes.requireList(inference, "ends", 2);
    long[] given = Axes.list(inference, "axes", 3);
    long[] steps = Axes.list(inference, "steps", 4);
    int count = starts.length;
    if (ends.length != count
        || (given != null && given.length != count)
        || (steps != null && steps.length != count)
        || count > shape.rank()) {
      throw GraphErrors.invalid(node, "starts, ends, axes and steps differ in length");
    }
    Box box = new Box(shape);
    int[] axes = given == null ? null : Axes.of(node, given, shape.rank());
    for (int i = 0; i < count; i++) {
      int axis = axes == null ? i : axes[i];
      long step = steps == null ? 1 : steps[i];
      if (step == 0) {
        throw GraphErrors.invalid(node, "step of axis " + axis + " is 0");
      }
      restrict(box, axis, shape.dim(axis), starts[i], ends[i], step);
    }
    return box;
  }

  /** Numpy's rules: negative bounds count from the end, bounds outside are clamped. */
  private static void restrict(Box box, int axis, long extent, long start, long end, long step) {
    long low = step > 0 ? 0 : -1;
    long high = step > 0 ? extent : extent - 1;
    long first =
        Math.clamp(start < 0 ? start + extent : start, step > 0 ? 0 : Math.min(0, high), high);
    long last = Math.clamp(end < 0 ? Math.max(end, -extent - 1) + extent : end, low, high);
    long count = step > 0 ? Math.ceilDiv(last - first, step) : Math.ceilDiv(first - last, -step);
    box.starts[axis] = first;
    box.steps[axis] = step;
    box.counts[axis] = Math.max(0, count);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    Shape output = lowering.outputFact(0).shape();
    Box box = box(lowering.inference());
    if (output.equals(shape) && Arrays.stream(box.steps).allMatch(step -> step == 1)) {
      lowering.alias(0, 0);
      return;
    }
    long[] strides = shape.strides();
    long base = 0;
    for (int axis = 0; axis < strides.length; axis++) {
      base += box.starts[axis] * strides[axis];
      strides[axis] *= box.steps[axis];
    }
    StridedCopy.emit(
        lowering,
        "slice",
        Checks.requireWholeBytes(lowering.inference(), 0),
        output.dims(),
        lowering.input(0),
        base,
        strides,
        lowering.output(0),
        0,
        output.strides());
  }
}
