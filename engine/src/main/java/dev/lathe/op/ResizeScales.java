package dev.lathe.op;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Output extents and scales of Resize and Upsample: scales as attribute (Upsample-7) or input, or
 * sizes (Resize since opset 11), for all axes or the listed ones (Resize-18).
 */
final class ResizeScales {

  final long[] extents;
  final double[] scales;

  private ResizeScales(Shape input) {
    this.extents = input.dims();
    this.scales = new double[input.rank()];
    Arrays.fill(scales, 1);
  }

  static ResizeScales of(Inference inference) {
    Node node = inference.node();
    Shape input = inference.shape(0);
    ResizeScales result = new ResizeScales(input);
    long[] axes = node.intsAttribute("axes");
    int[] listed = new int[input.rank()];
    Arrays.setAll(listed, axis -> axis);
    if (axes != null) {
      listed = Axes.of(node, axes, input.rank());
    }
    boolean early = inference.opset() < 11;
    float[] scales = scales(inference, early ? 1 : 2);
    long[] sizes = early || !inference.has(3) ? null : sizes(inference);
    int given = scales != null ? scales.length : sizes != null ? sizes.length : -1;
    if (given != listed.length || (scales != null && sizes != null)) {
      throw GraphErrors.invalid(
          node, "needs either scales or sizes, one for each of " + listed.length + " axes");
    }
    for (int i = 0; i < listed.length; i++) {
      int axis = listed[i];
      if (scales != null) {
        result.scale(node, axis, scales[i]);
      } else if (sizes != null) {
        result.scales[axis] = (double) sizes[i] / input.dim(axis);
        result.extents[axis] = sizes[i];
      }
    }
    return result;
  }

  private void scale(Node node, int axis, float scale) {
    if (!(scale > 0)) {
      throw GraphErrors.invalid(node, "scale of axis " + axis + " is " + scale);
    }
    scales[axis] = scale;
    extents[axis] = (long) Math.floor((double) extents[axis] * scale);
  }

  private static float @Nullable [] scales(Inference inference, int input) {
    if (inference.node().attributes().get("scales") instanceof Attribute.Reals given) {
      float[] scales = new float[given.values().size()];
      for (int i = 0; i < scales.length; i++) {
        scales[i] = given.values().get(i);
      }
      return scales;
    }
    if (!inference.has(input)) {
      return null;
    }
    Tensor scales = inference.requireValue(input, "the scales operand");
    return scales.elements() == 0 ? null : scales.toFloats();
  }

  private static long[] sizes(Inference inference) {
    String policy = inference.node().textAttribute("keep_aspect_ratio_policy", "stretch");
    if (!policy.equals("stretch")) {
      throw Checks.unsupported(
          inference.node(), "keep_aspect_ratio_policy is '" + policy + "'", "stretch");
    }
    return inference.requireValue(3, "the sizes operand").toLongs();
  }
}
