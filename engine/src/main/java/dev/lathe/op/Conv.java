package dev.lathe.op;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.Shape;
import java.util.List;

/**
 * ONNX Conv: x [N, C, spatial...], w [M, C/group, kernel...], bias [M]. Inferred for any number of
 * spatial axes; executed in the channels-last form {@link NhwcConv} that the layout pass rewrites
 * it to.
 */
final class Conv implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Conv"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Shape input = inference.shape(0);
    Shape weights = inference.shape(1);
    if (input.rank() < 3 || weights.rank() != input.rank()) {
      throw GraphErrors.invalid(
          inference.node(), "input " + input + " and weights " + weights + " do not fit");
    }
    ConvForm.groups(inference.node(), input.intDim(1), weights);
    int axes = input.rank() - 2;
    int[] in = new int[axes];
    int[] kernel = new int[axes];
    for (int axis = 0; axis < axes; axis++) {
      in[axis] = input.intDim(2 + axis);
      kernel[axis] = weights.intDim(2 + axis);
    }
    SlidingWindow window = SlidingWindow.of(inference.node(), in, kernel);
    long[] out = new long[input.rank()];
    out[0] = input.dim(0);
    out[1] = weights.dim(0);
    for (int axis = 0; axis < axes; axis++) {
      out[2 + axis] = window.out(axis);
    }
    return List.of(TensorFact.of(inference.dtype(0), Shape.of(out)));
  }

  @Override
  public void lower(Lowering lowering) {
    throw new UnsupportedException(
        new Problem(
            "convolution with "
                + (lowering.fact(0).shape().rank() - 2)
                + " spatial axes of "
                + lowering.fact(0).dtype()
                + " is not supported",
            lowering.node().toString(),
            "convolutions run over float32 or quantized input with one or two spatial axes and"
                + " constant weights",
            "cast the convolution to float32"));
  }
}
