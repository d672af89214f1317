package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.Shape;
import java.util.List;
import java.util.stream.IntStream;

/**
 * CenterCropPad: crops or zero-pads axes to given extents around their centres. Of an odd
 * difference, the smaller half is at the beginning.
 */
final class CenterCropPad implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("CenterCropPad"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireWholeBytes(inference, 0);
    long[] dims = inference.shape(0).dims();
    long[] given = inference.node().intsAttribute("axes");
    long[] target = inference.requireValue(1, "the shape operand").toLongs();
    int[] axes =
        given == null
            ? IntStream.range(0, dims.length).toArray()
            : Axes.of(inference.node(), given, dims.length);
    if (target.length != axes.length) {
      throw GraphErrors.invalid(
          inference.node(), target.length + " extents are given for " + axes.length + " axes");
    }
    for (int i = 0; i < axes.length; i++) {
      dims[axes[i]] = target[i];
    }
    return Checks.one(inference.dtype(0), Shape.of(dims));
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    Shape output = lowering.outputFact(0).shape();
    if (shape.equals(output)) {
      lowering.alias(0, 0);
      return;
    }
    int rank = shape.rank();
    long[] pads = new long[2 * rank];
    for (int axis = 0; axis < rank; axis++) {
      long difference = output.dim(axis) - shape.dim(axis);
      pads[axis] = difference / 2;
      pads[rank + axis] = difference - pads[axis];
    }
    Pad.constant(lowering, pads, 0);
  }
}
