package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.StoreInt32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lowers a convolution of 8-bit integers over [N, C, spatial...] to int32 sums, for any number of
 * spatial axes, groups, either type of input and weights, zero points of the weights per tensor or
 * output channel, the zero point of the input known ahead or not. The image is first copied to
 * channels-last form with its padding, which holds the zero point; then taps are products.
 *
 * <p>The sums are {@code sum over taps and channels of x' * (w - zw)}, int32 [N][pixels][M], with
 * x' as stored: what follows subtracts {@code zx * weightSums[M]}.
 */
final class IntegerConv {

  private final Lowering lowering;
  private final int input;
  private final int weights;
  private final ZeroPoint zeroPoint;
  private final ZeroPoint weightZero;
  private final Form form;

  private IntegerConv(Lowering lowering, int input, int zero, int weights, int weightZero) {
    this.lowering = lowering;
    this.input = input;
    this.weights = weights;
    boolean signedInput = lowering.fact(input).dtype() == DType.INT8;
    boolean unsignedWeights = lowering.fact(weights).dtype() == DType.UINT8;
    this.zeroPoint = ZeroPoint.of(lowering, zero, signedInput ? 128 : 0);
    this.weightZero = ZeroPoint.of(lowering, weightZero, unsignedWeights ? -128 : 0);
    this.form =
        Form.of(lowering.node(), lowering.fact(input).shape(), lowering.fact(weights).shape());
  }

  static IntegerConv of(Lowering lowering, int input, int zero, int weights, int weightZero) {
    return new IntegerConv(lowering, input, zero, weights, weightZero);
  }

  /** Checks operands; the shape of the result. */
  static Shape infer(Inference inference, int input, int zero, int weights, int weightZero) {
    Node node = inference.node();
    for (int operand : new int[] {input, weights}) {
      if (!inference.dtype(operand).isInt8()) {
        throw Checks.unsupported(
            node, "input " + operand + " is " + inference.dtype(operand), "int8, uint8");
      }
    }
    Form form = Form.of(node, inference.shape(input), inference.shape(weights));
    inference.requireValue(weights, "weights");
    ZeroPoint.check(inference, input, zero, 1, 1);
    if (inference.has(weightZero)) {
      inference.requireValue(weightZero, "zero point of the weights");
      ZeroPoint.check(inference, weights, weightZero, form.outChannels(), 1);
    }
    return form.result();
  }

  ZeroPoint zeroPoint() {
    return zeroPoint;
  }

  Form form() {
    return form;
  }

  /** Emits the sums; gives them and the sums over each output channel's weights. */
  Sums emit() {
    Slot image = PaddedChannelsLast.emit(lowering, input, form, zeroPoint);
    int n = form.outChannels() / form.groups();
    int channels = form.channels() / form.groups();
    GemmShape shape =
        new GemmShape(
            form.pixels(), n, channels, form.taps(), 0, form.rows(lowering), form.outChannels());
    GemmU8S8 kernel =
        lowering.kernels().pick(GemmU8S8.class, candidate -> candidate.accepts(shape));
    byte[] values = signed(lowering.inference().requireValue(weights, "weights"));
    int perOutput = channels * form.taps();
    int[] sums = new int[form.outChannels()];
    List<GemmU8S8Step.Group> groups = new ArrayList<>();
    for (int g = 0; g < form.groups(); g++) {
      long base = (long) g * n * perOutput;
      MemorySegment zeros = zeros(g * n, n, values, perOutput, sums);
      MemorySegment packed =
          lowering.packed(
              lowering.node().input(weights) + "#conv" + g + "/" + form.groups(),
              kernel.rhsLayout(),
              () ->
                  new RhsView(
                      MemorySegment.ofArray(values),
                      base,
                      form.taps(),
                      channels,
                      n,
                      1,
                      form.taps(),
                      perOutput));
      groups.add(new GemmU8S8Step.Group(packed, zeros, new StoreInt32(lowering.allocate(4L * n))));
    }
    long sumElements = (long) form.pixels() * form.outChannels();
    Slot dst = lowering.scratch(4 * sumElements * form.images());
    long scratchBytes = Math.ceilDiv(kernel.scratchBytes(shape), 64L) * 64;
    lowering.emit(
        new GemmU8S8Step(
            kernel,
            shape,
            form.images(),
            groups,
            new GemmU8S8Step.Operands(
                image,
                form.paddedElements(),
                null,
                0,
                null,
                dst,
                4 * sumElements,
                null,
                lowering.scratch(scratchBytes * lowering.threads()),
                scratchBytes)));
    return new Sums(dst, sums);
  }

  /**
   * What {@link #emit} makes: int32 [images][pixels][channels], and {@code sum of (w - zw)} of each
   * channel.
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Sums(Slot values, int[] weightSums) {

    int get(dev.lathe.plan.Frame frame, long index) {
      return frame.segment(values).get(Tensor.I32, frame.at(values) + 4 * index);
    }
  }

  /** Zero points of channels [from, from + n), null when all are 0; adds to the sums. */
  private @Nullable MemorySegment zeros(int from, int n, byte[] values, int perOutput, int[] sums) {
    MemorySegment zeros = lowering.allocate(4L * n);
    boolean any = false;
    for (int c = 0; c < n; c++) {
      int zero = weightZero.get(weightZero.count() == 1 ? 0 : from + c);
      zeros.set(Tensor.I32, 4L * c, zero);
      any |= zero != 0;
      for (int i = 0; i < perOutput; i++) {
        sums[from + c] += values[(from + c) * perOutput + i] - zero;
      }
    }
    return any ? zeros : null;
  }

  private static byte[] signed(Tensor weights) {
    byte[] values = weights.data().toArray(Tensor.I8);
    if (weights.dtype() == DType.UINT8) {
      for (int i = 0; i < values.length; i++) {
        values[i] ^= (byte) 0x80;
      }
    }
    return values;
  }

  /** Extents of a convolution over any number of axes. */
  record Form(
      int images, int channels, int outChannels, int groups, SlidingWindow window, int axes) {

    static Form of(Node node, Shape input, Shape weights) {
      if (input.rank() < 3 || weights.rank() != input.rank()) {
        throw GraphErrors.invalid(
            node, "input " + input + " and weights " + weights + " do not fit");
      }
      int axes = input.rank() - 2;
      int[] in = new int[axes];
      int[] kernel = new int[axes];
      for (int axis = 0; axis < axes; axis++) {
        in[axis] = input.intDim(2 + axis);
        kernel[axis] = weights.intDim(2 + axis);
      }
      int groups = ConvForm.groups(node, input.intDim(1), weights);
      return new Form(
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

    /** Where the row of each tap and output pixel begins in the padded image. */
    private MemorySegment rows(Lowering lowering) {
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
}
