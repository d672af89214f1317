package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.SlabAxis;
import dev.lathe.kernel.Window;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.Arrays;

/**
 * A convolution: extents, groups and how it maps onto a batch-reduce product.
 *
 * @param batch images
 * @param inChannels all input channels
 * @param outChannels all output channels
 */
record ConvForm(int batch, int inChannels, int outChannels, int groups, SlidingWindow window) {

  /**
   * Checks and resolves a convolution whose input is [N, spatial..., C] and whose weights are [M,
   * C/group, kernel...], of two or three spatial axes.
   */
  static ConvForm nhwc(Node node, Shape input, Shape weights) {
    if ((input.rank() != 4 && input.rank() != 5) || weights.rank() != input.rank()) {
      throw GraphErrors.invalid(
          node, "needs 4-D or 5-D input and weights, got " + input + " and " + weights);
    }
    return of(node, input, weights, 1, input.intDim(-1));
  }

  /**
   * Checks and resolves a convolution in ONNX's own layout, input [N, C, spatial...], of any number
   * of spatial axes.
   */
  static ConvForm nchw(Node node, Shape input, Shape weights) {
    if (input.rank() < 3 || weights.rank() != input.rank()) {
      throw GraphErrors.invalid(node, "input " + input + " and weights " + weights + " do not fit");
    }
    return of(node, input, weights, 2, input.intDim(1));
  }

  private static ConvForm of(Node node, Shape input, Shape weights, int firstAxis, int channels) {
    int groups = groups(node, channels, weights);
    int axes = input.rank() - 2;
    int[] in = new int[axes];
    int[] kernel = new int[axes];
    for (int axis = 0; axis < axes; axis++) {
      in[axis] = input.intDim(firstAxis + axis);
      kernel[axis] = weights.intDim(2 + axis);
    }
    requireKernelShape(node, kernel);
    return new ConvForm(
        input.intDim(0), channels, weights.intDim(0), groups, SlidingWindow.of(node, in, kernel));
  }

  /** The attribute repeats what the weights say. */
  static void requireKernelShape(Node node, int[] kernel) {
    long[] given = node.intsAttribute("kernel_shape");
    if (given != null && !Arrays.equals(given, Arrays.stream(kernel).asLongStream().toArray())) {
      throw GraphErrors.invalid(
          node,
          "attribute 'kernel_shape' is "
              + Arrays.toString(given)
              + ", the weights' "
              + Arrays.toString(kernel));
    }
  }

  /** The number of groups, checked against channels. */
  static int groups(Node node, int channels, Shape weights) {
    long groups = node.intAttribute("group", 1);
    if (groups < 1
        || channels != weights.dim(1) * groups
        || weights.dim(0) % groups != 0
        || groups > Integer.MAX_VALUE) {
      throw GraphErrors.invalid(
          node,
          "input has "
              + channels
              + " channels; weights "
              + weights
              + " and group "
              + groups
              + " do not fit");
    }
    return (int) groups;
  }

  /** Fact of the output [N, spatial..., M]. */
  TensorFact output(DType dtype) {
    return TensorFact.of(
        dtype, Gather.join(new long[] {batch}, spatial(), new long[] {outChannels}));
  }

  /** Fact of the output [N, M, spatial...]. */
  TensorFact channelsFirstOutput(DType dtype) {
    return TensorFact.of(dtype, Gather.join(new long[] {batch, outChannels}, spatial()));
  }

  private long[] spatial() {
    long[] extents = new long[window.axes()];
    for (int axis = 0; axis < extents.length; axis++) {
      extents[axis] = window.out(axis);
    }
    return extents;
  }

  /** Checks an optional bias or other per-channel operand. */
  void requireChannels(Inference inference, int input, String what) {
    if (inference.has(input) && inference.shape(input).elements() != outChannels) {
      throw GraphErrors.invalid(
          inference.node(),
          what
              + " has shape "
              + inference.shape(input)
              + ", expected "
              + outChannels
              + " elements");
    }
  }

  /** Whether every channel is convolved on its own, over two spatial axes. */
  boolean depthwise() {
    return groups > 1 && groups == inChannels && groups == outChannels && window.axes() == 2;
  }

  /** Whether every output pixel is a product of the input pixel at the same place. */
  boolean pointwise() {
    return window.isPointwise();
  }

  int groupChannels() {
    return inChannels / groups;
  }

  int groupOutputs() {
    return outChannels / groups;
  }

  Window kernelWindow() {
    return window.window2d(inChannels);
  }

  /** One group as a product that sparse kernels can compute; of at most two spatial axes. */
  SpmmChoice.Problem spmm() {
    if (pointwise()) {
      int m = Math.multiplyExact(batch, window.outPixels());
      return SpmmChoice.Problem.product(
          m, groupChannels(), groupOutputs(), inChannels, outChannels);
    }
    SlidingWindow plane = window.raised(2);
    return new SpmmChoice.Problem(
        axis(plane, 0),
        axis(plane, 1),
        groupChannels(),
        groupOutputs(),
        inChannels,
        outChannels,
        batch);
  }

  private static SlabAxis axis(SlidingWindow window, int axis) {
    return new SlabAxis(
        window.in(axis),
        window.out(axis),
        window.kernel(axis),
        window.stride(axis),
        window.dilation(axis),
        window.before(axis));
  }

  long macs() {
    return (long) batch * window.outPixels() * outChannels * groupChannels() * window.taps();
  }
}
