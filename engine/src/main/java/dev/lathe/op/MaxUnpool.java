package dev.lathe.op;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
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
import java.util.List;

/**
 * MaxUnpool: zeros with the values of input 0 where input 1, the indices of MaxPool, says. Indices
 * count over the shape that undoes the pooling; a larger {@code output_shape} (input 2) continues
 * that with zeros at the end of the axes.
 */
final class MaxUnpool implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("MaxUnpool"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    int bytes = Checks.requireWholeBytes(inference, 0);
    Shape shape = inference.shape(0);
    if (inference.dtype(1) != DType.INT64 || !inference.shape(1).equals(shape)) {
      throw GraphErrors.invalid(
          node, "indices are " + inference.fact(1) + ", expected int64 of shape " + shape);
    }
    if (bytes > 8 || shape.rank() < 3) {
      throw Checks.unsupported(node, "input 0 is " + inference.fact(0), "numbers, spatial axes");
    }
    Shape pooled = pooled(node, shape);
    if (!inference.has(2)) {
      return Checks.one(inference.dtype(0), pooled);
    }
    Shape wanted = Shape.of(inference.requireValue(2, "the output shape").toLongs());
    boolean covers = wanted.rank() == pooled.rank();
    for (int axis = 0; axis < pooled.rank() && covers; axis++) {
      covers =
          wanted.dim(axis) >= pooled.dim(axis) && (axis > 1 || wanted.dim(axis) == shape.dim(axis));
    }
    if (!covers) {
      throw GraphErrors.invalid(
          node, "output_shape " + wanted + " does not cover the pooled shape " + pooled);
    }
    return Checks.one(inference.dtype(0), wanted);
  }

  /** The shape whose pooling gives the input's. */
  private static Shape pooled(Node node, Shape shape) {
    int axes = shape.rank() - 2;
    long[] kernel = node.intsAttribute("kernel_shape");
    long[] strides = node.intsAttribute("strides");
    long[] pads = node.intsAttribute("pads");
    if (kernel == null
        || kernel.length != axes
        || (strides != null && strides.length != axes)
        || (pads != null && pads.length != 2 * axes)) {
      throw GraphErrors.invalid(
          node, "attributes kernel_shape, strides and pads do not fit " + axes + " spatial axes");
    }
    long[] dims = shape.dims();
    for (int axis = 0; axis < axes; axis++) {
      long padding = pads == null ? 0 : pads[axis] + pads[axes + axis];
      long stride = strides == null ? 1 : strides[axis];
      dims[2 + axis] = (dims[2 + axis] - 1) * stride - padding + kernel[axis];
      if (dims[2 + axis] < 0) {
        throw GraphErrors.invalid(node, "pads exceed the unpooled extent");
      }
    }
    return Shape.of(dims);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape output = lowering.outputFact(0).shape();
    int bytes = Checks.requireWholeBytes(lowering.inference(), 0);
    Slot dst = lowering.output(0);
    Fill.emit(lowering, dst, 0, output.elements(), bytes, 0);
    Shape pooled = pooled(lowering.node(), lowering.fact(0).shape());
    Body body = new Body(lowering.input(0), lowering.input(1), dst, bytes, pooled, output);
    // One part, in order: of two values for one place the last stays.
    long count = lowering.fact(0).shape().elements();
    lowering.emit(new RangeStep("maxunpool", count, count, 0, body));
  }

  private record Body(Slot values, Slot indices, Slot dst, int bytes, Shape pooled, Shape output)
      implements RangeStep.Body {

    @Override
    public void run(Frame frame, long from, long to) {
      for (long i = from; i < to; i++) {
        long index = frame.segment(indices).get(Tensor.I64, frame.at(indices) + 8 * i);
        if (index < 0 || index >= pooled.elements()) {
          throw new InvalidDataException(
              new Problem(
                  "index " + index + " is outside " + pooled.elements() + " elements",
                  "a MaxUnpool node",
                  "indices count over the unpooled shape " + pooled,
                  "check the inputs"));
        }
        Elements.move(
            bytes,
            frame.segment(values),
            frame.at(values) + i * bytes,
            frame.segment(dst),
            frame.at(dst) + place(index) * bytes);
      }
    }

    private long place(long index) {
      long place = 0;
      long stride = 1;
      for (int axis = output.rank() - 1; axis >= 0; axis--) {
        long rest = index / pooled.dim(axis);
        place += (index - rest * pooled.dim(axis)) * stride;
        stride *= output.dim(axis);
        index = rest;
      }
      return place;
    }
  }
}
