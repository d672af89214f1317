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
import java.util.Arrays;
import java.util.List;

/**
 * MaxPool and AveragePool in ONNX's own layout (NCW, NCHW, NCDHW), element by element; networks
 * normally run the NHWC forms of {@link NhwcPool}.
 */
final class Pool implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("MaxPool"), Key.onnx("AveragePool"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType type = Checks.requireArithmetic(inference, 0);
    Checks.requireNoOutputFrom(node, 1, "MaxPool without indices");
    Shape shape = inference.shape(0);
    if (shape.rank() < 3 || shape.rank() > 5) {
      throw Checks.unsupported(node, "input 0 has shape " + shape, "1 to 3 spatial axes");
    }
    if (node.opType().equals("AveragePool") && !type.isFloat()) {
      throw GraphErrors.invalid(node, "input 0 is " + type + ", expected a float type");
    }
    PoolWindows windows = windows(node, shape);
    return Checks.one(
        type, Gather.join(new long[] {shape.dim(0), shape.dim(1)}, windows.outputs()));
  }

  private static PoolWindows windows(Node node, Shape shape) {
    return PoolWindows.of(node, Arrays.copyOfRange(shape.dims(), 2, shape.rank()));
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    Shape shape = lowering.fact(0).shape();
    PoolWindows windows = windows(node, shape);
    Body body =
        new Body(
            windows,
            node.opType().equals("MaxPool"),
            node.intAttribute("count_include_pad", 0) != 0,
            lowering.input(0),
            lowering.output(0));
    lowering.emit(
        RangeStep.units(
            node.opType().equals("MaxPool") ? "maxpool" : "averagepool",
            shape.product(0, 2) * body.rows(),
            windows.taps() * body.outExtent(2) * 4,
            body));
  }

  /** Works on output rows; missing leading spatial axes have extent 1. */
  private record Body(PoolWindows windows, boolean max, boolean includePads, Slot src, Slot dst)
      implements RangeStep.Body {

    /** The spatial axis that is number {@code axis} of three, or negative when there are fewer. */
    private int spatial(int axis) {
      return windows.axes() - 3 + axis;
    }

    private int outExtent(int axis) {
      return spatial(axis) < 0 ? 1 : windows.out(spatial(axis));
    }

    private int inExtent(int axis) {
      return spatial(axis) < 0 ? 1 : windows.in(spatial(axis));
    }

    private int kernelExtent(int axis) {
      return spatial(axis) < 0 ? 1 : windows.kernel(spatial(axis));
    }

    /** Input position of a tap, or -1 in the padding. */
    private int position(int axis, int o, int k) {
      return spatial(axis) < 0 ? 0 : windows.position(spatial(axis), o, k);
    }

    private int counted(int axis, int o) {
      return spatial(axis) < 0 ? 1 : windows.counted(spatial(axis), o, includePads);
    }

    long rows() {
      return (long) outExtent(0) * outExtent(1);
    }

    @Override
    public void run(Frame frame, long from, long to) {
      DType type = src.fact().dtype();
      MemorySegment out = frame.segment(dst);
      int width = outExtent(2);
      for (long row = from; row < to; row++) {
        long plane = row / rows();
        int od = (int) (row - plane * rows()) / outExtent(1);
        int oh = (int) (row - plane * rows()) % outExtent(1);
        for (int ow = 0; ow < width; ow++) {
          double value = pool(frame, type, plane, od, oh, ow);
          Elements.putDouble(type, out, frame.at(dst), row * width + ow, value);
        }
      }
    }

    private double pool(Frame frame, DType type, long plane, int od, int oh, int ow) {
      double result = max ? Double.NEGATIVE_INFINITY : 0;
      for (int kd = 0; kd < kernelExtent(0); kd++) {
        int d = position(0, od, kd);
        for (int kh = 0; kh < kernelExtent(1) && d >= 0; kh++) {
          int h = position(1, oh, kh);
          for (int kw = 0; kw < kernelExtent(2) && h >= 0; kw++) {
            int w = position(2, ow, kw);
            if (w >= 0) {
              long at = ((plane * inExtent(0) + d) * inExtent(1) + h) * inExtent(2) + w;
              double x = Elements.getDouble(type, frame.segment(src), frame.at(src), at);
              result = max ? Math.max(result, x) : result + x;
            }
          }
        }
      }
      return max ? result : result / ((double) counted(0, od) * counted(1, oh) * counted(2, ow));
    }
  }
}
