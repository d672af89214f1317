package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.kernel.Window;
import java.util.Arrays;

/**
 * The resolved window of a convolution or pooling node over its spatial axes: ONNX attributes
 * {@code kernel_shape}, {@code strides}, {@code dilations}, {@code pads}, {@code auto_pad} and
 * {@code ceil_mode} against a concrete input.
 */
final class SlidingWindow {

  private final int[] in;
  private final int[] out;
  private final int[] kernel;
  private final int[] strides;
  private final int[] dilations;
  private final int[] before;
  private final int[] after;

  private SlidingWindow(
      int[] in,
      int[] out,
      int[] kernel,
      int[] strides,
      int[] dilations,
      int[] before,
      int[] after) {
    this.in = in;
    this.out = out;
    this.kernel = kernel;
    this.strides = strides;
    this.dilations = dilations;
    this.before = before;
    this.after = after;
  }

  /** Input extent of a spatial axis. */
  int in(int axis) {
    return in[axis];
  }

  /** Output extent of a spatial axis. */
  int out(int axis) {
    return out[axis];
  }

  int kernel(int axis) {
    return kernel[axis];
  }

  int stride(int axis) {
    return strides[axis];
  }

  int dilation(int axis) {
    return dilations[axis];
  }

  /** Padding before the first element of an axis. */
  int before(int axis) {
    return before[axis];
  }

  /** Padding after the last element of an axis. */
  int after(int axis) {
    return after[axis];
  }

  /** Resolves a node's attributes; {@code in} and {@code kernel} hold the spatial extents. */
  static SlidingWindow of(Node node, int[] in, int[] kernel) {
    int axes = in.length;
    int[] strides = attribute(node, "strides", axes, 1);
    int[] dilations = attribute(node, "dilations", axes, 1);
    int[] before = new int[axes];
    int[] after = new int[axes];
    int[] out = new int[axes];
    String autoPad = node.textAttribute("auto_pad", "NOTSET");
    int[] pads = attribute(node, "pads", 2 * axes, 0);
    boolean ceil = node.intAttribute("ceil_mode", 0) != 0;
    for (int axis = 0; axis < axes; axis++) {
      long span = (kernel[axis] - 1L) * dilations[axis] + 1;
      if (kernel[axis] < 1
          || strides[axis] < 1
          || dilations[axis] < 1
          || span > Integer.MAX_VALUE) {
        throw GraphErrors.invalid(node, "window extents, strides and dilations must be positive");
      }
      switch (autoPad) {
        case "NOTSET", "" -> {
          before[axis] = pads[axis];
          after[axis] = pads[axes + axis];
        }
        case "VALID" -> {}
        case "SAME_UPPER", "SAME_LOWER" -> {
          long wanted = Math.ceilDiv(in[axis], strides[axis]);
          int total = (int) Math.max(0, (wanted - 1) * strides[axis] + span - in[axis]);
          before[axis] = autoPad.equals("SAME_UPPER") ? total / 2 : total - total / 2;
          after[axis] = total - before[axis];
        }
        default -> throw GraphErrors.invalid(node, "unknown auto_pad '" + autoPad + "'");
      }
      out[axis] = extent(node, in[axis], before[axis], after[axis], span, strides[axis], ceil);
    }
    return new SlidingWindow(in, out, kernel, strides, dilations, before, after);
  }

  private static int extent(
      Node node, int in, int before, int after, long span, int stride, boolean ceil) {
    long room = (long) in + before + after - span;
    if (before < 0 || after < 0) {
      throw GraphErrors.invalid(node, "negative pads are not supported by this operator");
    }
    if (room < 0) {
      throw GraphErrors.invalid(
          node,
          "window of extent " + span + " is larger than the padded input of " + (room + span));
    }
    long extent = (ceil ? Math.ceilDiv(room, stride) : room / stride) + 1;
    // A last window that would start in the end padding does not count (pooling with ceil_mode).
    if (ceil && (extent - 1) * stride >= (long) in + before) {
      extent--;
    }
    return Math.toIntExact(extent);
  }

  private static int[] attribute(Node node, String key, int length, int fallback) {
    long[] values = node.intsAttribute(key);
    int[] result = new int[length];
    if (values == null) {
      Arrays.fill(result, fallback);
      return result;
    }
    if (values.length != length) {
      throw GraphErrors.invalid(
          node, "attribute '" + key + "' has " + values.length + " entries, expected " + length);
    }
    for (int i = 0; i < length; i++) {
      if (values[i] < Integer.MIN_VALUE || values[i] > Integer.MAX_VALUE) {
        throw GraphErrors.invalid(node, "attribute '" + key + "' is out of range");
      }
      result[i] = (int) values[i];
    }
    return result;
  }

  /** The two-dimensional window over an NHWC image of {@code channels} channels. */
  Window window2d(int channels) {
    return new Window(
        channels,
        in[0],
        in[1],
        out[0],
        out[1],
        kernel[0],
        kernel[1],
        strides[0],
        strides[1],
        dilations[0],
        dilations[1],
        before[0],
        before[1]);
  }

  /** Output pixels of one image. */
  int outPixels() {
    return Math.toIntExact(
        Arrays.stream(out).asLongStream().reduce(1, (a, b) -> Math.multiplyExact(a, b)));
  }

  boolean padded() {
    return Arrays.stream(before).anyMatch(pad -> pad > 0)
        || lastRead(0) >= in[0]
        || lastRead(1) >= in[1];
  }

  /**
   * Index of the last input element the windows reach on an axis; past the end when they read end
   * padding.
   */
  int lastRead(int axis) {
    return (out[axis] - 1) * strides[axis] - before[axis] + (kernel[axis] - 1) * dilations[axis];
  }
}
