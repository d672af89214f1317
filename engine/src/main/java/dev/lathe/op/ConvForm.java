package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.Window;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;

/**
 * A two-dimensional convolution over NHWC: extents, groups and how it maps onto a batch-reduce
 * product.
 *
 * @param batch images
 * @param inChannels all input channels
 * @param outChannels all output channels
 */
record ConvForm(int batch, int inChannels, int outChannels, int groups, SlidingWindow window) {

  /**
   * Checks and resolves a convolution whose input is NHWC and whose weights are [M, C/group, kH,
   * kW].
   */
  static ConvForm nhwc(Node node, Shape input, Shape weights) {
    if (input.rank() != 4 || weights.rank() != 4) {
      throw GraphErrors.invalid(
          node, "needs 4-D input and weights, got " + input + " and " + weights);
    }
    int groups = groups(node, input.intDim(3), weights);
    int[] in = {input.intDim(1), input.intDim(2)};
    int[] kernel = {weights.intDim(2), weights.intDim(3)};
    return new ConvForm(
        input.intDim(0),
        input.intDim(3),
        weights.intDim(0),
        groups,
        SlidingWindow.of(node, in, kernel));
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

  /** Fact of the NHWC output. */
  TensorFact output(DType dtype) {
    return TensorFact.of(dtype, Shape.of(batch, window.out(0), window.out(1), outChannels));
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

  boolean depthwise() {
    return groups > 1 && groups == inChannels && groups == outChannels;
  }

  /** Whether every output pixel is a product of the input pixel at the same place. */
  boolean pointwise() {
    return window.outPixels() == (long) window.in(0) * window.in(1)
        && window.kernel(0) == 1
        && window.kernel(1) == 1
        && !window.padded()
        && window.stride(0) == 1
        && window.stride(1) == 1;
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

  long macs() {
    return (long) batch
        * window.outPixels()
        * outChannels
        * groupChannels()
        * window.kernel(0)
        * window.kernel(1);
  }
}
