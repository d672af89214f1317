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
import java.util.List;

/**
 * LRN across channels: {@code x / (bias + alpha / size * sum of squares of the size channels around
 * it) ^ beta} (Krizhevsky et al., 2012, section 3.3).
 */
final class Lrn implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("LRN"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireReal(inference, 0);
    Shape shape = inference.shape(0);
    Node node = inference.node();
    if (shape.rank() < 2) {
      throw GraphErrors.invalid(node, "input 0 has shape " + shape + ", expected N x C x ...");
    }
    if (Checks.requireInt(node, "size") < 1) {
      throw GraphErrors.invalid(node, "attribute 'size' is " + node.intAttribute("size", 0));
    }
    return Checks.one(type, shape);
  }

  @Override
  public void lower(Lowering lowering) {
    Body body = new Body(lowering);
    long elements = lowering.outputFact(0).shape().elements();
    lowering.emit(
        new RangeStep(
            "lrn", elements, RangeStep.CACHE_LINE_GRAIN, elements * (body.size + 32), body));
  }

  private static final class Body implements RangeStep.Body {
    private final Slot src;
    private final Slot dst;
    private final DType type;
    private final long channels;
    private final long inner;
    private final long size;
    private final double factor;
    private final double beta;
    private final double bias;

    Body(Lowering lowering) {
      Node node = lowering.node();
      Shape shape = lowering.fact(0).shape();
      this.src = lowering.input(0);
      this.dst = lowering.output(0);
      this.type = dst.fact().dtype();
      this.channels = shape.dim(1);
      this.inner = shape.product(2, shape.rank());
      this.size = node.intAttribute("size", 1);
      this.factor = node.floatAttribute("alpha", 1e-4f) / (double) size;
      this.beta = node.floatAttribute("beta", 0.75f);
      this.bias = node.floatAttribute("bias", 1);
    }

    private double get(Frame frame, long index) {
      return Elements.getDouble(type, frame.segment(src), frame.at(src), index);
    }

    @Override
    public void run(Frame frame, long from, long to) {
      for (long i = from; i < to; i++) {
        long channel = i / inner % channels;
        long first = Math.max(0, channel - (size - 1) / 2);
        long last = Math.min(channels - 1, channel + size / 2);
        double sum = 0;
        for (long c = first; c <= last; c++) {
          double x = get(frame, i + (c - channel) * inner);
          sum += x * x;
        }
        double power = StrictMath.exp(-beta * StrictMath.log(bias + factor * sum)); // no allocation
        double value = get(frame, i) * power;
        Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, value);
      }
    }
  }
}
