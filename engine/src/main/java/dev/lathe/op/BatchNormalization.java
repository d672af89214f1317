package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;

/**
 * BatchNormalization at inference: {@code x * a + b} with {@code a = scale / sqrt(variance +
 * epsilon)}, {@code b = bias - mean * a} per channel. Passes fold it into convolutions; this is for
 * what remains. Attribute {@code training_mode} is obeyed.
 */
final class BatchNormalization implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("BatchNormalization"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    if (inference.opset() < 7 && node.intAttribute("is_test", 0) == 0) {
      throw Checks.unsupported(node, "is_test is off", "inference");
    }
    if (node.intAttribute("spatial", 1) != 1) {
      throw Checks.unsupported(node, "spatial is 0", "one scale per channel");
    }
    Checks.requireNoOutputFrom(node, trains(node) ? 3 : 1, "inference");
    Shape shape = inference.shape(0);
    if (shape.rank() < 2) {
      throw GraphErrors.invalid(node, "input 0 has shape " + shape + ", expected N x C x ...");
    }
    for (int input = 0; input < 5; input++) {
      Checks.requireReal(inference, input);
      if (input > 0 && !inference.shape(input).equals(Shape.of(shape.dim(1)))) {
        throw GraphErrors.invalid(
            node,
            "input "
                + input
                + " has shape "
                + inference.shape(input)
                + ", expected one element per channel of "
                + shape);
      }
    }
    return List.of(
        TensorFact.of(inference.dtype(0), shape),
        TensorFact.of(inference.dtype(3), inference.shape(3)),
        TensorFact.of(inference.dtype(4), inference.shape(4)));
  }

  private static boolean trains(Node node) {
    return node.intAttribute("training_mode", 0) != 0;
  }

  @Override
  public void lower(Lowering lowering) {
    boolean plain = trains(lowering.node());
    for (int input = 0; input < 5; input++) {
      plain |= lowering.fact(input).dtype() != DType.FLOAT32;
    }
    if (plain) {
      PlainBatchNormalization.emit(lowering, trains(lowering.node()));
      return;
    }
    lowering.mayOverwrite(0, 0);
    Slot dst = lowering.output(0);
    Shape shape = dst.fact().shape();
    long channels = shape.dim(1);
    Slot factors = lowering.scratch(channels * 4);
    Slot offsets = lowering.scratch(channels * 4);
    lowering.emit(
        new RangeStep("batchnorm", channels, 1, 1, new Coefficients(lowering, factors, offsets)));
    Shape view = Shape.of(shape.dim(0), channels, shape.product(2, shape.rank()));
    Shape perChannel = Shape.of(channels, 1);
    Pointwise.binary(
        lowering, BinaryF32.Function.MUL, lowering.input(0), view, factors, perChannel, dst, view);
    Pointwise.binary(lowering, BinaryF32.Function.ADD, dst, view, offsets, perChannel, dst, view);
  }

  private static final class Coefficients implements RangeStep.Body {
    private final Slot scale;
    private final Slot bias;
    private final Slot mean;
    private final Slot variance;
    private final Slot factors;
    private final Slot offsets;
    private final float epsilon;

    Coefficients(Lowering lowering, Slot factors, Slot offsets) {
      this.scale = lowering.input(1);
      this.bias = lowering.input(2);
      this.mean = lowering.input(3);
      this.variance = lowering.input(4);
      this.factors = factors;
      this.offsets = offsets;
      this.epsilon = lowering.node().floatAttribute("epsilon", 1e-5f);
    }

    private static float get(Frame frame, Slot slot, long index) {
      return frame.segment(slot).get(Tensor.F32, frame.at(slot) + 4 * index);
    }

    private static void set(Frame frame, Slot slot, long index, float value) {
      frame.segment(slot).set(Tensor.F32, frame.at(slot) + 4 * index, value);
    }

    @Override
    public void run(Frame frame, long from, long to) {
      for (long c = from; c < to; c++) {
        float deviation = (float) Math.sqrt(get(frame, variance, c) + epsilon);
        float factor = get(frame, scale, c) / deviation;
        set(frame, factors, c, factor);
        set(frame, offsets, c, get(frame, bias, c) - get(frame, mean, c) * factor);
      }
    }
  }
}
