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
 * Output extents, scales and region of interest of Resize and Upsample: scales as attributes
 * (Upsample up to opset 8) or input, or sizes (Resize since opset 11), for all axes or the listed
 * ones (Resize since opset 18).
 */
final class ResizeScales {

  final long[] extents;
  final double[] scales;

  /** Extents before they were rounded down. */
  private final double[] exact;

  private final double[] starts;
  private final double[] ends;

  private ResizeScales(Shape input) {
    this.extents = input.dims();
    this.scales = filled(extents.length, 1);
    this.exact = Arrays.stream(extents).asDoubleStream().toArray();
    this.starts = new double[extents.length];
    this.ends = filled(extents.length, 1);
  }

  private static double[] filled(int count, double value) {
    double[] values = new double[count];
    Arrays.fill(values, value);
    return values;
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
    double[] scales = scales(inference, early ? 1 : 2);
    long[] sizes =
        early || !inference.has(3)
            ? null
            : inference.requireValue(3, "the sizes operand").toLongs();
    if (sizes != null && sizes.length == 0) {
      sizes = null;
    }
    int given = scales != null ? scales.length : sizes != null ? sizes.length : -1;
    if (given != listed.length || (scales != null && sizes != null)) {
      throw GraphErrors.invalid(
          node, "needs either scales or sizes, one for each of " + listed.length + " axes");
    }
    if (scales != null) {
      for (int i = 0; i < listed.length; i++) {
        result.scale(node, listed[i], scales[i]);
      }
    } else if (sizes != null) {
      result.resize(node, listed, sizes);
    }
    if (ResizeAxis.extrapolates(inference)) {
      result.region(inference, listed);
    }
    return result;
  }

  /** Multiplies in float32, as exporters and shape inference do. */
  private void scale(Node node, int axis, double scale) {
    if (!(scale > 0)) {
      throw GraphErrors.invalid(node, "scale of axis " + axis + " is " + scale);
    }
    scales[axis] = scale;
    exact[axis] = scale * extents[axis];
    extents[axis] = (long) Math.floor((float) extents[axis] * (float) scale);
  }

  /** Takes sizes as they are, or as bounds that keep the proportions of the listed axes. */
  private void resize(Node node, int[] listed, long[] sizes) {
    String policy = node.textAttribute("keep_aspect_ratio_policy", "stretch");
    double least = Double.POSITIVE_INFINITY;
    double largest = 0;
    for (int i = 0; i < listed.length; i++) {
      double scale = (double) sizes[i] / extents[listed[i]];
      least = Math.min(least, scale);
      largest = Math.max(largest, scale);
    }
    for (int i = 0; i < listed.length; i++) {
      int axis = listed[i];
      double scale =
          switch (policy) {
            case "stretch" -> (double) sizes[i] / extents[axis];
            case "not_larger" -> least;
            case "not_smaller" -> largest;
            default ->
                throw GraphErrors.invalid(
                    node, "attribute 'keep_aspect_ratio_policy' is '" + policy + "'");
          };
      boolean stretches = policy.equals("stretch");
      scales[axis] = scale;
      exact[axis] = stretches ? sizes[i] : scale * extents[axis];
      extents[axis] = stretches ? sizes[i] : (long) Math.floor(exact[axis] + 0.5);
    }
  }

  private void region(Inference inference, int[] listed) {
    Tensor roi = inference.requireValue(1, "the roi operand");
    if (roi.elements() != 2L * listed.length) {
      throw GraphErrors.invalid(
          inference.node(),
          "roi has " + roi.elements() + " elements, expected a start and an end for each axis");
    }
    for (int i = 0; i < listed.length; i++) {
      starts[listed[i]] = Elements.getDouble(roi.dtype(), roi.data(), 0, i);
      ends[listed[i]] = Elements.getDouble(roi.dtype(), roi.data(), 0, listed.length + i);
    }
  }

  /** Where output index {@code i} of an axis lies on the input's axis. */
  double position(String transform, int axis, long extent, int i) {
    double scale = scales[axis];
    double last = extent - 1;
    double halfPixel = (i + 0.5) / scale - 0.5;
    return switch (transform) {
      case "asymmetric" -> i / scale;
      case "align_corners" -> exact[axis] == 1 ? 0 : i * last / (exact[axis] - 1);
      case "pytorch_half_pixel" -> extents[axis] == 1 ? 0 : halfPixel;
      case "half_pixel_symmetric" -> extent / 2.0 * (1 - extents[axis] / exact[axis]) + halfPixel;
      case "tf_half_pixel_for_nn" -> (i + 0.5) / scale;
      case "tf_crop_and_resize" -> {
        double width = ends[axis] - starts[axis];
        double offset = exact[axis] == 1 ? width * last / 2 : i * width * last / (exact[axis] - 1);
        yield starts[axis] * last + offset;
      }
      default -> halfPixel;
    };
  }

  private static double @Nullable [] scales(Inference inference, int input) {
    Node node = inference.node();
    if (node.attributes().get("scales") instanceof Attribute.Reals given) {
      return given.values().stream().mapToDouble(Float::doubleValue).toArray();
    }
    if (node.attributes().containsKey("height_scale")) {
      double height = node.floatAttribute("height_scale", 1);
      return new double[] {1, 1, height, node.floatAttribute("width_scale", 1)};
    }
    if (!inference.has(input)) {
      return null;
    }
    Tensor scales = inference.requireValue(input, "the scales operand");
    double[] values = new double[Math.toIntExact(scales.elements())];
    Arrays.setAll(values, i -> Elements.getDouble(scales.dtype(), scales.data(), 0, i));
    return values.length == 0 ? null : values;
  }
}
