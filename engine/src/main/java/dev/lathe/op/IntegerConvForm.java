package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.SlabAxis;
import dev.lathe.plan.Lowering;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** Extents of a convolution over any number of axes. */
record IntegerConvForm(
    int images, int channels, int outChannels, int groups, SlidingWindow window, int axes) {

  static IntegerConvForm of(Node node, Shape input, Shape weights) {
    if (input.rank() < 3 || weights.rank() != input.rank()) {
      throw GraphErrors.invalid(node, "input " + input + " and weights " + weights + " do not fit");
    }
    int axes = input.rank() - 2;
    int[] in = new int[axes];
    int[] kernel = new int[axes];
    for (int axis = 0; axis < axes; axis++) {
      in[axis] = input.intDim(2 + axis);
      kernel[axis] = weights.intDim(2 + axis);
    }
    int groups = ConvForm.groups(node, input.intDim(1), weights);
    return new IntegerConvForm(
        input.intDim(0),
        input.intDim(1),
        weights.intDim(0),
        groups,
        SlidingWindow.of(node, in, kernel),
        axes);
  }

  Shape result() {
    long[] dims = new long[2 + axes];
    dims[0] = images;
    dims[1] = outChannels;
    for (int axis = 0; axis < axes; axis++) {
      dims[2 + axis] = window.out(axis);
    }
    return Shape.of(dims);
  }

  int pixels() {
    return window.outPixels();
  }

  int taps() {
    int taps = 1;
    for (int axis = 0; axis < axes; axis++) {
      taps = Math.multiplyExact(taps, window.kernel(axis));
    }
    return taps;
  }

  /** Extent of an axis with its padding, or of all that windows read. */
  int padded(int axis) {
    int last = window.lastRead(axis) + 1;
    return window.before(axis) + Math.max(window.in(axis), last);
  }

  /** Elements of one padded image. */
  long paddedElements() {
    long elements = channels;
    for (int axis = 0; axis < axes; axis++) {
      elements = Math.multiplyExact(elements, padded(axis));
    }
    return elements;
  }

  /** As a sparse kernel sees it, without padding, which the image has; two axes at most. */
  SpmmChoice.Problem spmm(GemmShape shape) {
    return new SpmmChoice.Problem(
        axes == 1 ? SlabAxis.of(1) : axis(0),
        axis(axes - 1),
        shape.k(),
        shape.n(),
        channels,
        outChannels,
        images);
  }

  private SlabAxis axis(int axis) {
    return new SlabAxis(
        padded(axis),
        window.out(axis),
        window.kernel(axis),
        window.stride(axis),
        window.dilation(axis),
        0);
  }

  /** Where the row of each tap and output pixel begins in the padded image. */
  MemorySegment rows(Lowering lowering) {
    int pixels = pixels();
    int taps = taps();
    MemorySegment table = lowering.allocate(4L * taps * pixels);
    for (int t = 0; t < taps; t++) {
      for (int p = 0; p < pixels; p++) {
        long stride = channels;
        long offset = 0;
        int tap = t;
        int pixel = p;
        for (int axis = axes - 1; axis >= 0; axis--) {
          int k = tap % window.kernel(axis);
          int o = pixel % window.out(axis);
          tap /= window.kernel(axis);
          pixel /= window.out(axis);
          offset += ((long) o * window.stride(axis) + (long) k * window.dilation(axis)) * stride;
          stride *= padded(axis);
        }
        table.set(Tensor.I32, 4L * ((long) t * pixels + p), Math.toIntExact(offset));
      }
    }
    return table;
  }
}
