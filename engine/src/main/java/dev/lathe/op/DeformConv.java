package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * DeformConv (opset 19) over two spatial axes, fp32: every tap of an output pixel reads the input
 * where an offset moves it to, between pixels by bilinear interpolation, times a mask (Zhu et al.,
 * 2019). Inputs x [N, C, H, W], w [M, C/group, kH, kW], offset [N, groups * kH * kW * 2, oH, oW]
 * with rows before columns, bias [M], mask [N, groups * kH * kW, oH, oW]; {@code offset_group}
 * groups of channels share their offsets. What the taps read becomes rows of a matrix first.
 */
final class DeformConv implements Operator {

  private static final int OFFSET = 2;
  private static final int BIAS = 3;
  private static final int MASK = 4;

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("DeformConv"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    for (int i = 0; i < node.inputs().size(); i++) {
      if (inference.has(i)) {
        Checks.requireF32(inference, i);
      }
    }
    Shape x = inference.shape(0);
    if (x.rank() != 4) {
      throw Checks.unsupported(node, "input 0 has shape " + x, "two spatial axes");
    }
    ConvForm form = ConvForm.nchw(node, x, inference.shape(1));
    form.requireChannels(inference, BIAS, "bias");
    long groups = node.intAttribute("offset_group", 1);
    if (groups < 1 || form.inChannels() % groups != 0) {
      throw GraphErrors.invalid(
          node, "offset_group " + groups + " does not divide " + form.inChannels() + " channels");
    }
    long taps = form.window().taps() * groups;
    requireShape(inference, OFFSET, form, 2 * taps);
    if (inference.has(MASK)) {
      requireShape(inference, MASK, form, taps);
    }
    return List.of(form.channelsFirstOutput(DType.FLOAT32));
  }

  private static void requireShape(Inference inference, int input, ConvForm form, long channels) {
    Shape expected = Shape.of(form.batch(), channels, form.window().out(0), form.window().out(1));
    if (!inference.shape(input).equals(expected)) {
      throw GraphErrors.invalid(
          inference.node(),
          "input " + input + " has shape " + inference.shape(input) + ", expected " + expected);
    }
  }

  @Override
  public void lower(Lowering lowering) {
    ConvForm form =
        ConvForm.nchw(lowering.node(), lowering.fact(0).shape(), lowering.fact(1).shape());
    Slot dst = lowering.output(0);
    if (dst.fact().shape().elements() == 0) {
      return;
    }
    int pixels = form.window().outPixels();
    int m = Math.multiplyExact(form.batch(), pixels);
    int taps = form.window().taps();
    Slot rows = lowering.scratch(4L * m * form.inChannels() * taps);
    Sampling sampling =
        new Sampling(
            form,
            Math.toIntExact(lowering.node().intAttribute("offset_group", 1)),
            lowering.input(0),
            lowering.input(OFFSET),
            lowering.has(MASK) ? lowering.input(MASK) : null,
            rows);
    lowering.emit(RangeStep.units("deform", m, 16L * form.inChannels() * taps, sampling));
    Slot product = lowering.scratch(4L * m * form.outChannels());
    multiply(lowering, form, m, rows, product);
    Shape shape = Shape.of(m, form.outChannels());
    if (lowering.has(BIAS)) {
      Pointwise.binary(
          lowering,
          BinaryF32.Function.ADD,
          product,
          shape,
          lowering.input(BIAS),
          Shape.of(form.outChannels()),
          product,
          shape);
    }
    long channels = form.outChannels();
    StridedCopy.emit(
        lowering,
        "transpose",
        4,
        new long[] {form.batch(), channels, pixels},
        product,
        0,
        new long[] {pixels * channels, 1, channels},
        dst,
        0,
        new long[] {channels * pixels, pixels, 1});
  }

  private static void multiply(Lowering lowering, ConvForm form, int m, Slot rows, Slot product) {
    GemmF32 kernel = lowering.kernels().pick(GemmF32.class);
    int k = form.groupChannels() * form.window().taps();
    int n = form.groupOutputs();
    Slot packed =
        PackRhsStep.emit(
            lowering,
            kernel.rhsLayout(),
            lowering.input(1),
            form.groups(),
            1,
            k,
            n,
            (long) n * k,
            0,
            1,
            k);
    lowering.emit(
        new GemmF32Step(
            kernel,
            GemmShape.product(m, n, k, (long) k * form.groups(), form.outChannels()),
            1,
            Collections.nCopies(form.groups(), FloatEpilogue.NONE),
            new GemmF32Step.Operands(
                rows,
                image -> 0,
                GemmRhs.inSlot(packed, kernel.rhsLayout().bytes(1, k, n), image -> 0),
                null,
                product,
                0,
                null,
                null)));
  }

  /** Writes row [C][taps] of every output pixel. */
  private record Sampling(
      ConvForm form, int offsetGroups, Slot x, Slot offsets, @Nullable Slot mask, Slot rows)
      implements RangeStep.Body {

    @Override
    public void run(Frame frame, long from, long to) {
      SlidingWindow window = form.window();
      int pixels = window.outPixels();
      int taps = window.taps();
      int channels = form.inChannels();
      for (long row = from; row < to; row++) {
        long image = row / pixels;
        int pixel = (int) (row - image * pixels);
        for (int c = 0; c < channels; c++) {
          int group = c / (channels / offsetGroups);
          for (int t = 0; t < taps; t++) {
            long plane = (image * offsetGroups + group) * taps + t;
            double value = sample(frame, image * channels + c, plane, pixel, t);
            if (mask != null) {
              value *= get(frame, mask, plane * pixels + pixel);
            }
            long at = (row * channels + c) * taps + t;
            frame.segment(rows).set(Tensor.F32, frame.at(rows) + 4 * at, (float) value);
          }
        }
      }
    }

    private double sample(Frame frame, long channel, long plane, int pixel, int t) {
      SlidingWindow window = form.window();
      int pixels = window.outPixels();
      int oh = pixel / window.out(1);
      int ow = pixel % window.out(1);
      int kh = t / window.kernel(1);
      int kw = t % window.kernel(1);
      double h =
          oh * window.stride(0)
              - window.before(0)
              + kh * window.dilation(0)
              + (double) get(frame, offsets, 2 * plane * pixels + pixel);
      double w =
          ow * window.stride(1)
              - window.before(1)
              + kw * window.dilation(1)
              + (double) get(frame, offsets, (2 * plane + 1) * pixels + pixel);
      if (!(h > -1 && h < window.in(0) && w > -1 && w < window.in(1))) {
        return 0;
      }
      int top = (int) Math.floor(h);
      int left = (int) Math.floor(w);
      double down = h - top;
      double right = w - left;
      return (1 - down) * (1 - right) * at(frame, channel, top, left)
          + (1 - down) * right * at(frame, channel, top, left + 1)
          + down * (1 - right) * at(frame, channel, top + 1, left)
          + down * right * at(frame, channel, top + 1, left + 1);
    }

    /** An input element; zero outside. */
    private double at(Frame frame, long channel, int h, int w) {
      int height = form.window().in(0);
      int width = form.window().in(1);
      return h < 0 || h >= height || w < 0 || w >= width
          ? 0
          : get(frame, x, (channel * height + h) * width + w);
    }

    private static float get(Frame frame, Slot slot, long index) {
      return frame.segment(slot).get(Tensor.F32, frame.at(slot) + 4 * index);
    }
  }
}
