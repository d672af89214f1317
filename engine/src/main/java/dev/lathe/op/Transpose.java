package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.Shape;
import java.util.List;

/** Transpose: a view when only axes of extent 1 change places. */
final class Transpose implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Transpose"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireWholeBytes(inference, 0);
    Shape shape = inference.shape(0);
    return Checks.one(
        inference.dtype(0), shape.permute(permutation(inference.node(), shape.rank())));
  }

  private static int[] permutation(Node node, int rank) {
    long[] given = node.intsAttribute("perm");
    if (given == null) {
      int[] reversed = new int[rank];
      for (int axis = 0; axis < rank; axis++) {
        reversed[axis] = rank - 1 - axis;
      }
      return reversed;
    }
    if (given.length != rank) {
      throw GraphErrors.invalid(
          node, "attribute 'perm' has " + given.length + " axes, the input " + rank);
    }
    return Axes.of(node, given, rank);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    int[] permutation = permutation(lowering.node(), shape.rank());
    if (keepsOrder(shape, permutation)) {
      lowering.alias(0, 0);
      return;
    }
    Shape output = lowering.outputFact(0).shape();
    long[] strides = shape.strides();
    long[] permuted = new long[strides.length];
    for (int axis = 0; axis < strides.length; axis++) {
      permuted[axis] = strides[permutation[axis]];
    }
    StridedCopy.emit(
        lowering,
        "transpose",
        Checks.requireWholeBytes(lowering.inference(), 0),
        output.dims(),
        lowering.input(0),
        0,
        permuted,
        lowering.output(0),
        0,
        output.strides());
  }

  private static boolean keepsOrder(Shape shape, int[] permutation) {
    int last = -1;
    for (int axis : permutation) {
      if (shape.dim(axis) != 1) {
        if (axis < last) {
          return false;
        }
        last = axis;
      }
    }
    return true;
  }
}
