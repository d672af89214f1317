package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Split along one axis: by a list of sizes (attribute before opset 13, then input), or into equal
 * parts, of which the last may be smaller since opset 18.
 */
final class Split implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Split"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireWholeBytes(inference, 0);
    Shape shape = inference.shape(0);
    int axis = Axes.attribute(inference.node(), 0, shape.rank());
    List<TensorFact> facts = new ArrayList<>();
    for (long size : sizes(inference, shape.dim(axis))) {
      facts.add(TensorFact.of(inference.dtype(0), shape.with(axis, size)));
    }
    return facts;
  }

  private static long[] sizes(Inference inference, long extent) {
    Node node = inference.node();
    int outputs = node.outputs().size();
    long[] sizes = Axes.list(inference, "split", 1);
    if (sizes == null) {
      long declared = node.intAttribute("num_outputs", outputs);
      if (declared != outputs) {
        throw GraphErrors.invalid(
            node, "num_outputs is " + declared + ", the node has " + outputs + " outputs");
      }
      return equalSizes(inference, extent, outputs);
    }
    if (sizes.length != outputs || Arrays.stream(sizes).sum() != extent) {
      throw GraphErrors.invalid(
          node,
          "sizes "
              + Arrays.toString(sizes)
              + " do not divide "
              + extent
              + " into "
              + outputs
              + " outputs");
    }
    return sizes;
  }

  private static long[] equalSizes(Inference inference, long extent, int outputs) {
    long size = Math.ceilDiv(extent, outputs);
    long last = extent - size * (outputs - 1);
    if (last < 0 || (last != size && inference.opset() < 18)) {
      throw GraphErrors.invalid(
          inference.node(), "extent " + extent + " does not divide into " + outputs + " parts");
    }
    long[] sizes = new long[outputs];
    Arrays.fill(sizes, size);
    sizes[outputs - 1] = last;
    return sizes;
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    int axis = Axes.attribute(lowering.node(), 0, shape.rank());
    int bytes = Checks.requireWholeBytes(lowering.inference(), 0);
    long[] strides = shape.strides();
    long[] sizes = sizes(lowering.inference(), shape.dim(axis));
    long at = 0;
    for (int i = 0; i < sizes.length; i++) {
      Shape output = shape.with(axis, sizes[i]);
      if (lowering.isUsed(i)) {
        StridedCopy.emit(
            lowering,
            "split",
            bytes,
            output.dims(),
            lowering.input(0),
            at * strides[axis],
            strides,
            lowering.output(i),
            0,
            output.strides());
      }
      at += sizes[i];
    }
  }
}
