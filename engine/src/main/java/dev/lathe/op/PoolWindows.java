package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.kernel.Window;
import java.util.Arrays;

/** The windows of a pooling node and how many taps of each lie where. */
final class PoolWindows {

  private final SlidingWindow windows;
  private final int axes;

  private PoolWindows(SlidingWindow windows, int axes) {
    this.windows = windows;
    this.axes = axes;
  }

  /**
   * The windows of a node over spatial extents.
   *
   * @throws dev.lathe.error.InvalidModelException when attributes don't fit, or a window lies in
   *     the padding altogether
   */
  static PoolWindows of(Node node, long... spatial) {
    long[] kernel = node.intsAttribute("kernel_shape");
    if (kernel == null || kernel.length != spatial.length) {
      throw GraphErrors.invalid(
          node, "attribute 'kernel_shape' must have " + spatial.length + " entries");
    }
    SlidingWindow resolved = SlidingWindow.of(node, toInts(spatial), toInts(kernel));
    PoolWindows windows = new PoolWindows(resolved, spatial.length);
    windows.requireTaps(node);
    return windows;
  }

  /** One window over everything. */
  static PoolWindows global(Node node, long... spatial) {
    int[] whole = toInts(spatial);
    return new PoolWindows(SlidingWindow.of(node, whole, whole), spatial.length);
  }

  private static int[] toInts(long[] values) {
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }

  private void requireTaps(Node node) {
    for (int axis = 0; axis < axes; axis++) {
      for (int o = 0; o < windows.out(axis); o++) {
        if (counted(axis, o, false) == 0) {
          throw GraphErrors.invalid(
              node, "window " + o + " of spatial axis " + axis + " lies in the padding altogether");
        }
      }
    }
  }

  int axes() {
    return axes;
  }

  int in(int axis) {
    return windows.in(axis);
  }

  int out(int axis) {
    return windows.out(axis);
  }

  int kernel(int axis) {
    return windows.kernel(axis);
  }

  /** Taps of one window. */
  long taps() {
    return windows.taps();
  }

  /** Input position of a tap along an axis, or -1 when it lies in the padding. */
  int position(int axis, int o, int k) {
    return windows.position(axis, o, k);
  }

  /** The same windows with leading axes of extent 1, so that there are {@code count}. */
  PoolWindows raised(int count) {
    return new PoolWindows(windows.raised(count), count);
  }

  /**
   * Number of taps of window {@code o} that an average counts along one axis.
   *
   * @param includePads whether padding counts; what ceil_mode adds beyond it never does
   */
  int counted(int axis, int o, boolean includePads) {
    int first = includePads ? -windows.before(axis) : 0;
    int end = in(axis) + (includePads ? windows.after(axis) : 0);
    int count = 0;
    for (int k = 0; k < kernel(axis); k++) {
      int position = o * windows.stride(axis) - windows.before(axis) + k * windows.dilation(axis);
      if (position >= first && position < end) {
        count++;
      }
    }
    return count;
  }

  /** Spatial extents of the output. */
  long[] outputs() {
    long[] outputs = new long[axes];
    for (int axis = 0; axis < axes; axis++) {
      outputs[axis] = out(axis);
    }
    return outputs;
  }

  /** The form 2-D kernels take, of the last two axes. */
  Window window(int channels) {
    return windows.window2d(channels);
  }

  /** The windows of the axis before the last two, over images whose pixels are whole planes. */
  Window depthWindow(int channels) {
    int planes = out(axes - 2) * out(axes - 1);
    int axis = axes - 3;
    return new Window(
        channels,
        in(axis),
        planes,
        out(axis),
        planes,
        kernel(axis),
        1,
        windows.stride(axis),
        1,
        windows.dilation(axis),
        1,
        windows.before(axis),
        0);
  }
}
