package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.Shape;
import java.util.List;

/** Expand (broadcast to a shape) and Tile (repeat along every axis). */
final class Expand implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Expand"), Key.onnx("Tile"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireWholeBytes(inference, 0);
    Shape input = inference.shape(0);
    if (inference.node().is("Expand")) {
      long[] target = inference.requireValue(1, "the shape operand").toLongs();
      return Checks.one(
          inference.dtype(0), Checks.broadcast(inference.node(), input, Shape.of(target)));
    }
    if (inference.opset() < 6) {
      throw Checks.unsupported(inference.node(), "Tile of opset 1", "Tile of opset 6 and later");
    }
    long[] repeats = inference.requireValue(1, "the repeats operand").toLongs();
    if (repeats.length != input.rank()) {
      throw GraphErrors.invalid(
          inference.node(), repeats.length + " repeats are given for " + input);
    }
    long[] dims = input.dims();
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] *= repeats[axis];
    }
    return Checks.one(inference.dtype(0), Shape.of(dims));
  }

  @Override
  public void lower(Lowering lowering) {
    Shape input = lowering.fact(0).shape();
    Shape output = lowering.outputFact(0).shape();
    if (input.elements() == output.elements()) {
      lowering.alias(0, 0);
    } else if (lowering.node().is("Expand")) {
      copy(lowering, output.dims(), Nest.broadcastStrides(input, output), output.strides());
    } else {
      tile(lowering, input, output);
    }
  }

  /** Every axis becomes two: the repeats, along which the input stands still, and the axis. */
  private static void tile(Lowering lowering, Shape input, Shape output) {
    int rank = input.rank();
    long[] extents = new long[2 * rank];
    long[] src = new long[2 * rank];
    long[] dst = new long[2 * rank];
    long[] inputStrides = input.strides();
    long[] outputStrides = output.strides();
    for (int axis = 0; axis < rank; axis++) {
      extents[2 * axis] = output.dim(axis) / Math.max(1, input.dim(axis));
      extents[2 * axis + 1] = input.dim(axis);
      src[2 * axis + 1] = inputStrides[axis];
      dst[2 * axis] = outputStrides[axis] * input.dim(axis);
      dst[2 * axis + 1] = outputStrides[axis];
    }
    copy(lowering, extents, src, dst);
  }

  private static void copy(Lowering lowering, long[] extents, long[] src, long[] dst) {
    StridedCopy.emit(
        lowering,
        "expand",
        Checks.requireWholeBytes(lowering.inference(), 0),
        extents,
        lowering.input(0),
        0,
        src,
        lowering.output(0),
        0,
        dst);
  }
}
