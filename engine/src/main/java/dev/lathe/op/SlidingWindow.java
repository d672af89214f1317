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
public final class SlidingWindow {

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

  /** The same window with leading axes of extent 1, so that it has {@code axes}. */
  SlidingWindow raised(int axes) {
    int lead = axes - in.length;
    return lead == 0
        ? this
        : new SlidingWindow(
            raised(in, lead, 1),
            raised(out, lead, 1),
            raised(kernel, lead, 1),
            raised(strides, lead, 1),
            raised(dilations, lead, 1),
            raised(before, lead, 0),
            raised(after, lead, 0));
  }

  static int[] raised(int[] values, int lead, int fill) {
    int[] result = new int[lead + values.length];
    Arrays.fill(result, 0, lead, fill);
    System.arraycopy(values, 0, result, lead, values.length);
    return result;
  }

  public int axes() {
    return in.length;
  }

  /** Taps of one window. */
  public int taps() {
    return Math.toIntExact(product(kernel));
  }

  /** Input position of a tap along an axis, or -1 when it lies in the padding. */
  public int position(int axis, int o, int k) {
    int position = o * strides[axis] - before[axis] + k * dilations[axis];
    return position >= 0 && position < in[axis] ? position : -1;
  }

  /** Input extent of a spatial axis. */
  public int in(int axis) {
    return in[axis];
  }

  /** Output extent of a spatial axis. */
  public int out(int axis) {
    return out[axis];
  }

  public int kernel(int axis) {
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
  public static SlidingWindow of(Node node, int[] in, int[] kernel) {
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

  /** A list attribute of known length; all {@code fallback} when absent. */
  static int[] attribute(Node node, String key, int length, int fallback) {
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

  /**
   * The window of the last two axes over an NHWC image of {@code channels} channels; axes before
   * them are the caller's.
   */
  Window window2d(int channels) {
    int h = in.length - 2;
    int w = in.length - 1;
    return new Window(
        channels,
        in[h],
        in[w],
        out[h],
        out[w],
        kernel[h],
        kernel[w],
        strides[h],
        strides[w],
        dilations[h],
        dilations[w],
        before[h],
        before[w]);
  }

  /** Output pixels of one image. */
  public int outPixels() {
    return Math.toIntExact(product(out));
  }

  /** Input pixels of one image. */
  int inPixels() {
    return Math.toIntExact(product(in));
  }

  private static long product(int[] extents) {
    return Arrays.stream(extents).asLongStream().reduce(1, Math::multiplyExact);
  }

  /** Whether any window reads padding. */
  boolean padded() {
    for (int axis = 0; axis < in.length; axis++) {
      if (before[axis] > 0 || lastRead(axis) >= in[axis]) {
        return true;
      }
    }
    return false;
  }

  /** Whether every window is the one element at its own place. */
  boolean isPointwise() {
    for (int axis = 0; axis < in.length; axis++) {
      if (kernel[axis] != 1 || strides[axis] != 1 || out[axis] != in[axis] || before[axis] != 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Index of the last input element the windows reach on an axis; past the end when they read end
   * padding.
   */
  int lastRead(int axis) {
    return (out[axis] - 1) * strides[axis] - before[axis] + (kernel[axis] - 1) * dilations[axis];
  }
}
