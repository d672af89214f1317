package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import java.util.List;

/**
 * One axis of a Resize: where each output index lies on the input (ONNX Resize, {@code
 * coordinate_transformation_mode}).
 */
final class ResizeAxis {

  private static final List<String> TRANSFORMS =
      List.of(
          "half_pixel",
          "half_pixel_symmetric",
          "pytorch_half_pixel",
          "align_corners",
          "asymmetric",
          "tf_half_pixel_for_nn",
          "tf_crop_and_resize");

  /** Elements of the input. */
  final long extent;

  /** Output elements per input element. */
  final double scale;

  /** One per output index, in input elements, possibly outside the input. */
  final double[] positions;

  private ResizeAxis(long extent, double scale, double[] positions) {
    this.extent = extent;
    this.scale = scale;
    this.positions = positions;
  }

  /** The coordinate transformation, checked; operator sets before 11 know only the asymmetric. */
  static String transform(Inference inference) {
    Node node = inference.node();
    String fallback = inference.opset() < 11 ? "asymmetric" : "half_pixel";
    String transform = node.textAttribute("coordinate_transformation_mode", fallback);
    if (!TRANSFORMS.contains(transform)) {
      throw GraphErrors.invalid(
          node,
          "attribute 'coordinate_transformation_mode' is '"
              + transform
              + "', expected one of "
              + String.join(", ", TRANSFORMS));
    }
    return transform;
  }

  /** Whether positions outside the input take the extrapolation value. */
  static boolean extrapolates(Inference inference) {
    return transform(inference).equals("tf_crop_and_resize");
  }

  /** Every axis of a node. */
  static ResizeAxis[] of(Inference inference) {
    ResizeScales scales = ResizeScales.of(inference);
    String transform = transform(inference);
    ResizeAxis[] axes = new ResizeAxis[scales.extents.length];
    for (int axis = 0; axis < axes.length; axis++) {
      long extent = inference.shape(0).dim(axis);
      double[] positions = new double[Math.toIntExact(scales.extents[axis])];
      for (int i = 0; i < positions.length; i++) {
        positions[i] = scales.position(transform, axis, extent, i);
      }
      axes[axis] = new ResizeAxis(extent, scales.scales[axis], positions);
    }
    return axes;
  }

  /** Whether every output element is the input element of the same index. */
  boolean isIdentity() {
    if (positions.length != extent) {
      return false;
    }
    for (int i = 0; i < positions.length; i++) {
      if (positions[i] != i) {
        return false;
      }
    }
    return true;
  }

  boolean isOutside(int index) {
    return positions[index] < 0 || positions[index] > extent - 1;
  }
}
