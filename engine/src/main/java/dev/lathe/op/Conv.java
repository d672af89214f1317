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
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ONNX Conv: x [N, C, spatial...], w [M, C/group, kernel...], bias [M], of one to three spatial
 * axes and any floating-point type. Evaluated here one output at a time, in double; the layout pass
 * rewrites what can run in the channels-last form, {@link NhwcConv}.
 */
final class Conv implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Conv"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType type = requireFloats(inference);
    ConvForm form = form(node, inference);
    form.requireChannels(inference, 2, "bias");
    return List.of(form.channelsFirstOutput(type));
  }

  /** Requires floating-point operands of one type. */
  static DType requireFloats(Inference inference) {
    Node node = inference.node();
    DType type = Checks.requireArithmetic(inference, 0);
    if (!type.isFloat()) {
      throw GraphErrors.invalid(node, "input 0 is " + type + ", expected a floating-point type");
    }
    for (int i = 1; i < node.inputs().size(); i++) {
      if (inference.has(i)) {
        Checks.requireSameType(inference, 0, i);
      }
    }
    return type;
  }

  private static ConvForm form(Node node, Inference inference) {
    ConvForm form = ConvForm.nchw(node, inference.shape(0), inference.shape(1));
    if (form.window().axes() > 3) {
      throw Checks.unsupported(
          node, form.window().axes() + " spatial axes", "one to three spatial axes");
    }
    return form;
  }

  @Override
  public void lower(Lowering lowering) {
    ConvForm form = form(lowering.node(), lowering.inference());
    Body body =
        new Body(
            form,
            form.window().raised(3),
            lowering.input(0),
            lowering.input(1),
            lowering.has(2) ? lowering.input(2) : null,
            lowering.output(0));
    long planes = (long) form.batch() * form.outChannels();
    long outputs = planes * form.window().outPixels();
    lowering.emit(
        RangeStep.units("conv", outputs, 4L * form.groupChannels() * form.window().taps(), body));
  }

  private record Body(
      ConvForm form, SlidingWindow window, Slot x, Slot w, @Nullable Slot bias, Slot dst)
      implements RangeStep.Body {

    @Override
    public void run(Frame frame, long from, long to) {
      DType type = dst.fact().dtype();
      for (long at = from; at < to; at++) {
        long plane = at / window.outPixels();
        int pixel = (int) (at - plane * window.outPixels());
        int m = (int) (plane % form.outChannels());
        double sum = output(frame, plane / form.outChannels(), m, pixel);
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
      int group = m / form.groupOutputs();
      long channel = image * form.inChannels() + (long) group * form.groupChannels();
      int taps = window.taps();
      double sum = 0;
      for (int t = 0; t < taps; t++) {
        long at = tap(pixel, t);
        if (at < 0) {
          continue;
        }
        for (int c = 0; c < form.groupChannels(); c++) {
          sum +=
              Elements.getDouble(type, xs, frame.at(x), (channel + c) * window.inPixels() + at)
                  * Elements.getDouble(
                      type, ws, frame.at(w), ((long) m * form.groupChannels() + c) * taps + t);
        }
      }
      return sum;
    }

    /** The input pixel an output pixel sees at a tap, or -1 in the padding. */
    private long tap(int pixel, int t) {
      int kw = t % window.kernel(2);
      int kh = t / window.kernel(2) % window.kernel(1);
      int kd = t / window.kernel(2) / window.kernel(1);
      int w = window.position(2, pixel % window.out(2), kw);
      int h = window.position(1, pixel / window.out(2) % window.out(1), kh);
      int d = window.position(0, pixel / window.out(2) / window.out(1), kd);
      return d < 0 || h < 0 || w < 0 ? -1 : ((long) d * window.in(1) + h) * window.in(2) + w;
    }
  }
}
