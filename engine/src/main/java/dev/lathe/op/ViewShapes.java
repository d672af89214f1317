package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import java.util.Arrays;

/** The shapes of Reshape, Flatten, Squeeze and Unsqueeze. */
final class ViewShapes {

  private ViewShapes() {}

  /** 0 copies the input's dimension (unless allowzero), one -1 takes what is left. */
  static Shape reshape(Inference inference) {
    Node node = inference.node();
    Shape input = inference.shape(0);
    long[] dims = Axes.requireList(inference, "shape", 1);
    boolean allowZero = node.intAttribute("allowzero", 0) != 0;
    int free = -1;
    long product = 1;
    for (int axis = 0; axis < dims.length; axis++) {
      if (dims[axis] == -1) {
        if (free >= 0) {
          throw GraphErrors.invalid(node, "more than one dimension of the new shape is -1");
        }
        free = axis;
        continue;
      }
      if (dims[axis] == 0 && !allowZero) {
        if (axis >= input.rank()) {
          throw GraphErrors.invalid(
              node, "dimension " + axis + " is to be copied, but the input is " + input);
        }
        dims[axis] = input.dim(axis);
      }
      product *= dims[axis];
    }
    if (free >= 0) {
      dims[free] = product == 0 ? 0 : input.elements() / product;
    }
    Shape result = Shape.of(dims);
    if (result.elements() != input.elements()) {
      throw GraphErrors.invalid(node, "cannot reshape " + input + " to " + result);
    }
    return result;
  }

  static Shape flatten(Inference inference) {
    Shape input = inference.shape(0);
    Node node = inference.node();
    long axis = node.intAttribute("axis", 1);
    if (axis < -input.rank() || axis > input.rank()) {
      throw GraphErrors.invalid(node, "axis " + axis + " is outside rank " + input.rank());
    }
    int at = (int) (axis < 0 ? axis + input.rank() : axis);
    return Shape.of(input.product(0, at), input.product(at, input.rank()));
  }

  static Shape squeeze(Inference inference) {
    Node node = inference.node();
    Shape input = inference.shape(0);
    long[] given = Axes.list(inference, "axes", 1);
    boolean[] dropped = new boolean[input.rank()];
    if (given == null) {
      for (int axis = 0; axis < dropped.length; axis++) {
        dropped[axis] = input.dim(axis) == 1;
      }
    } else {
      for (int axis : Axes.of(node, given, input.rank())) {
        if (input.dim(axis) != 1) {
          throw GraphErrors.invalid(node, "axis " + axis + " of " + input + " is not 1");
        }
        dropped[axis] = true;
      }
    }
    long[] dims = new long[input.rank()];
    int rank = 0;
    for (int axis = 0; axis < dropped.length; axis++) {
      if (!dropped[axis]) {
        dims[rank++] = input.dim(axis);
      }
    }
    return Shape.of(Arrays.copyOf(dims, rank));
  }

  static Shape unsqueeze(Inference inference) {
    Shape input = inference.shape(0);
    long[] given = Axes.requireList(inference, "axes", 1);
    int rank = input.rank() + given.length;
    long[] dims = new long[rank];
    Arrays.fill(dims, -1);
    for (int axis : Axes.of(inference.node(), given, rank)) {
      dims[axis] = 1;
    }
    int next = 0;
    for (int axis = 0; axis < rank; axis++) {
      if (dims[axis] < 0) {
        dims[axis] = input.dim(next++);
      }
    }
    return Shape.of(dims);
  }
}
