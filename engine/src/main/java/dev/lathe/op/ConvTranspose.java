package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ONNX ConvTranspose: x [N, C, spatial...], w [C, M/group, kernel...], bias [M], of one to three
 * spatial axes and any floating-point type. Evaluated here one output at a time, in double; the
 * layout pass rewrites what can run in the channels-last form, {@link NhwcConvTranspose}.
 */
final class ConvTranspose implements Operator {

  /**
   * Extents.
   *
   * @param groupOutputs output channels of one group
   */
  record Form(int batch, int channels, int groups, int groupOutputs, TransposedWindow window) {

    /** Checks and resolves a node whose input has its spatial axes from {@code firstAxis} on. */
    static Form of(Node node, Shape x, Shape w, int firstAxis, int channels) {
      int axes = x.rank() - 2;
      if (axes < 1 || w.rank() != x.rank()) {
        throw GraphErrors.invalid(node, "input " + x + " and weights " + w + " do not fit");
      }
      if (axes > 3) {
        throw Checks.unsupported(node, axes + " spatial axes", "one to three spatial axes");
      }
      long groups = node.intAttribute("group", 1);
      if (groups < 1 || channels % groups != 0 || w.dim(0) != channels) {
        throw GraphErrors.invalid(
            node,
            "input has "
                + channels
                + " channels; weights "
                + w
                + " and group "
                + groups
                + " do not fit");
      }
      int[] in = new int[axes];
      int[] kernel = new int[axes];
      for (int axis = 0; axis < axes; axis++) {
        in[axis] = x.intDim(firstAxis + axis);
        kernel[axis] = w.intDim(2 + axis);
      }
      ConvForm.requireKernelShape(node, kernel);
      return new Form(
          x.intDim(0), channels, (int) groups, w.intDim(1), TransposedWindow.of(node, in, kernel));
    }

    int outputs() {
      return groups * groupOutputs;
    }

    int groupChannels() {
      return channels / groups;
    }

    void requireBias(Inference inference) {
      if (inference.has(2) && inference.shape(2).elements() != outputs()) {
        throw GraphErrors.invalid(
            inference.node(), "bias has shape " + inference.shape(2) + " for " + outputs());
      }
    }
  }

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("ConvTranspose"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Conv.requireFloats(inference);
    Form form = form(inference);
    form.requireBias(inference);
    return Checks.one(
        type, Gather.join(new long[] {form.batch, form.outputs()}, form.window.outputs()));
  }

  private static Form form(Inference inference) {
    Shape x = inference.shape(0);
    int channels = x.rank() > 1 ? x.intDim(1) : 0;
    return Form.of(inference.node(), x, inference.shape(1), 2, channels);
  }

  @Override
  public void lower(Lowering lowering) {
    Form form = form(lowering.inference());
    Body body =
        new Body(
            form,
            form.window.raised(),
            lowering.input(0),
            lowering.input(1),
            lowering.has(2) ? lowering.input(2) : null,
            lowering.output(0));
    long outputs = lowering.outputFact(0).shape().elements();
    lowering.emit(
        RangeStep.units("convtranspose", outputs, 4L * form.groupChannels() * body.taps(), body));
  }

  private record Body(
      Form form, TransposedWindow window, Slot x, Slot w, @Nullable Slot bias, Slot dst)
      implements RangeStep.Body {

    int taps() {
      return window.kernel(0) * window.kernel(1) * window.kernel(2);
    }

    @Override
    public void run(Frame frame, long from, long to) {
      DType type = dst.fact().dtype();
      long pixels = (long) window.out(0) * window.out(1) * window.out(2);
      for (long at = from; at < to; at++) {
        long plane = at / pixels;
        int m = (int) (plane % form.outputs());
        double sum = output(frame, plane / form.outputs(), m, (int) (at - plane * pixels));
        if (bias != null) {
          sum += Elements.getDouble(type, frame.segment(bias), frame.at(bias), m);
        }
        Elements.putDouble(type, frame.segment(dst), frame.at(dst), at, sum);
      }
    }

    private double output(Frame frame, long image, int m, int pixel) {
      DType type = dst.fact().dtype();
      MemorySegment xs = frame.segment(x);
      MemorySegment ws = frame.segment(w);
      long pixels = (long) window.in(0) * window.in(1) * window.in(2);
      int taps = taps();
      int group = m / form.groupOutputs();
      double sum = 0;
      for (int t = 0; t < taps; t++) {
        long at = source(pixel, t);
        for (int c = 0; c < form.groupChannels() && at >= 0; c++) {
          long channel = (long) group * form.groupChannels() + c;
          long weight = (channel * form.groupOutputs() + m % form.groupOutputs()) * taps + t;
          long element = (image * form.channels() + channel) * pixels + at;
          sum +=
              Elements.getDouble(type, xs, frame.at(x), element)
                  * Elements.getDouble(type, ws, frame.at(w), weight);
        }
      }
      return sum;
    }

    /** The input pixel that a tap takes to an output pixel, or -1. */
    private long source(int pixel, int t) {
      int kw = t % window.kernel(2);
      int kh = t / window.kernel(2) % window.kernel(1);
      int kd = t / window.kernel(2) / window.kernel(1);
      int w2 = window.position(2, pixel % window.out(2), kw);
      int h = window.position(1, pixel / window.out(2) % window.out(1), kh);
      int d = window.position(0, pixel / window.out(2) / window.out(1), kd);
      return d < 0 || h < 0 || w2 < 0 ? -1 : ((long) d * window.in(1) + h) * window.in(2) + w2;
    }
  }
}
