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
import java.util.Arrays;
import java.util.List;

/**
 * AffineGrid: the grid GridSample takes, from theta [n, d, d + 1] and the size [n, c, spatial...]
 * of d spatial axes: position p of the output, -1 to 1 along each axis, goes to theta (p, 1).
 */
final class AffineGrid implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("AffineGrid"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType type = Checks.requireReal(inference, 0);
    long[] size = inference.requireValue(1, "the size operand").toLongs();
    int axes = size.length - 2;
    if (axes != 2 && axes != 3) {
      throw GraphErrors.invalid(node, "size has " + size.length + " elements, expected 4 or 5");
    }
    if (!inference.shape(0).equals(Shape.of(size[0], axes, axes + 1))) {
      throw GraphErrors.invalid(
          node, "theta " + inference.shape(0) + " does not fit size " + Arrays.toString(size));
    }
    long[] dims = new long[axes + 2];
    dims[0] = size[0];
    System.arraycopy(size, 2, dims, 1, axes);
    dims[axes + 1] = axes;
    return Checks.one(type, Shape.of(dims));
  }

  @Override
  public void lower(Lowering lowering) {
    Slot theta = lowering.input(0);
    Slot dst = lowering.output(0);
    DType type = dst.fact().dtype();
    Shape shape = dst.fact().shape();
    boolean aligned = lowering.node().intAttribute("align_corners", 0) != 0;
    int axes = shape.rank() - 2;
    long points = shape.product(1, axes + 1);
    lowering.emit(
        RangeStep.units(
            "affine grid",
            shape.elements(),
            8L * axes,
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                long point = i / axes % points;
                // One row of theta for each image and coordinate; x is the last spatial axis.
                long row = (i / axes / points * axes + i % axes) * (axes + 1);
                double sum =
                    Elements.getDouble(type, frame.segment(theta), frame.at(theta), row + axes);
                for (int axis = axes; axis >= 1; axis--) {
                  long extent = shape.dim(axis);
                  double position = position(point % extent, extent, aligned);
                  point /= extent;
                  sum +=
                      position
                          * Elements.getDouble(
                              type, frame.segment(theta), frame.at(theta), row + axes - axis);
                }
                Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, sum);
              }
            }));
  }

  private static double position(long index, long extent, boolean aligned) {
    if (aligned) {
      return extent == 1 ? -1 : 2.0 * index / (extent - 1) - 1;
    }
    return (2.0 * index + 1) / extent - 1;
  }
}
