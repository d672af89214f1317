package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import java.util.Arrays;

/**
 * The resolved window of a transposed convolution: input position {@code i} and tap {@code k} meet
 * output {@code i * stride + k * dilation - before} of an axis (ONNX ConvTranspose: {@code
 * strides}, {@code dilations}, {@code pads}, {@code auto_pad}, {@code output_padding}, {@code
 * output_shape}).
 */
final class TransposedWindow {

  private final int[] in;
  private final int[] out;
  private final int[] kernel;
  private final int[] strides;
  private final int[] dilations;
  private final int[] before;

  private TransposedWindow(
      int[] in, int[] out, int[] kernel, int[] strides, int[] dilations, int[] before) {
    this.in = in;
    this.out = out;
    this.kernel = kernel;
    this.strides = strides;
    this.dilations = dilations;
    this.before = before;
  }

  /** Resolves a node's attributes; {@code in} and {@code kernel} hold the spatial extents. */
  static TransposedWindow of(Node node, int[] in, int[] kernel) {
    int axes = in.length;
    int[] strides = SlidingWindow.attribute(node, "strides", axes, 1);
    int[] dilations = SlidingWindow.attribute(node, "dilations", axes, 1);
    int[] pads = SlidingWindow.attribute(node, "pads", 2 * axes, 0);
    int[] extra = SlidingWindow.attribute(node, "output_padding", axes, 0);
    int[] wanted = SlidingWindow.attribute(node, "output_shape", axes, 0);
    String autoPad = node.textAttribute("auto_pad", "NOTSET");
    boolean same = autoPad.equals("SAME_UPPER") || autoPad.equals("SAME_LOWER");
    if (!same && !autoPad.equals("VALID") && !autoPad.equals("NOTSET") && !autoPad.isEmpty()) {
      throw GraphErrors.invalid(node, "unknown auto_pad '" + autoPad + "'");
    }
    int[] out = new int[axes];
    int[] before = new int[axes];
    for (int axis = 0; axis < axes; axis++) {
      if (kernel[axis] < 1 || strides[axis] < 1 || dilations[axis] < 1 || extra[axis] < 0) {
        throw GraphErrors.invalid(node, "window extents, strides and dilations must be positive");
      }
      long whole =
          (in[axis] - 1L) * strides[axis] + (kernel[axis] - 1L) * dilations[axis] + 1 + extra[axis];
      boolean given = node.attributes().containsKey("output_shape");
      long extent;
      if (given || same) {
        extent = given ? wanted[axis] : (long) in[axis] * strides[axis];
        int total = Math.toIntExact(Math.max(0, whole - extent));
        before[axis] = autoPad.equals("SAME_UPPER") ? total / 2 : total - total / 2;
      } else {
        boolean explicit = !autoPad.equals("VALID");
        before[axis] = explicit ? pads[axis] : 0;
        extent = explicit ? whole - pads[axis] - pads[axes + axis] : whole;
      }
      if (extent < 0 || before[axis] < 0) {
        throw GraphErrors.invalid(node, "output extent " + extent + " of spatial axis " + axis);
      }
      out[axis] = Math.toIntExact(extent);
    }
    return new TransposedWindow(in, out, kernel, strides, dilations, before);
  }

  /** The same window with leading axes of extent 1, so that it has three. */
  TransposedWindow raised() {
    int lead = 3 - in.length;
    return new TransposedWindow(
        SlidingWindow.raised(in, lead, 1),
        SlidingWindow.raised(out, lead, 1),
        SlidingWindow.raised(kernel, lead, 1),
        SlidingWindow.raised(strides, lead, 1),
        SlidingWindow.raised(dilations, lead, 1),
        SlidingWindow.raised(before, lead, 0));
  }

  int in(int axis) {
    return in[axis];
  }

  int out(int axis) {
    return out[axis];
  }

  int kernel(int axis) {
    return kernel[axis];
  }

  int stride(int axis) {
    return strides[axis];
  }

  /** Spatial extents of the output. */
  long[] outputs() {
    return Arrays.stream(out).asLongStream().toArray();
  }

  /** Whether output {@code o} is one that tap {@code k} can reach; the same for o + stride. */
  boolean reaches(int axis, int o, int k) {
    return Math.floorMod(o + before[axis] - k * dilations[axis], strides[axis]) == 0;
  }

  /** The input position that tap {@code k} takes to output {@code o}, or -1 when there is none. */
  int position(int axis, int o, int k) {
    int scaled = o + before[axis] - k * dilations[axis];
    int position = Math.floorDiv(scaled, strides[axis]);
    boolean inside = scaled >= 0 && scaled == position * strides[axis] && position < in[axis];
    return inside ? position : -1;
  }
}
