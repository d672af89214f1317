package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** LayerNormalization (opset 17) over all axes from the given one on. */
final class LayerNormalization implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("LayerNormalization"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Shape shape = inference.shape(0);
    Checks.requireF32(inference, 0);
    Axes.attribute(node, -1, shape.rank());
    Checks.requireNoOutputFrom(node, 1, "LayerNormalization without Mean and InvStdDev");
    for (int input = 1; input <= 2; input++) {
      if (input == 1 || inference.has(input)) {
        Checks.requireF32(inference, input);
        if (!Checks.broadcast(node, shape, inference.shape(input)).equals(shape)) {
          throw GraphErrors.invalid(
              node,
              "input " + input + " " + inference.shape(input) + " does not broadcast to " + shape);
        }
      }
    }
    return Checks.one(DType.FLOAT32, shape);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    Node node = lowering.node();
    int axis = Axes.attribute(node, -1, shape.rank());
    int length = Math.toIntExact(shape.product(axis, shape.rank()));
    long rows = shape.product(0, axis);
    float epsilon = node.floatAttribute("epsilon", 1e-5f);
    lowering.mayOverwrite(0, 0);
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    Tensor scale = wholeRow(lowering, 1, axis);
    Tensor bias = wholeRow(lowering, 2, axis);
    if (scale != null && (bias != null || !lowering.has(2))) {
      Rows.normalize(lowering, epsilon, scale, bias, src, dst, length, rows);
      return;
    }
    Rows.normalize(lowering, epsilon, src, dst, length, rows);
    Pointwise.binary(lowering, BinaryF32.Function.MUL, dst, lowering.input(1), dst);
    if (lowering.has(2)) {
      Pointwise.binary(lowering, BinaryF32.Function.ADD, dst, lowering.input(2), dst);
    }
  }

  /** An operand that is known ahead and has the very shape of a row, else null. */
  private static @Nullable Tensor wholeRow(Lowering lowering, int input, int axis) {
    Shape shape = lowering.fact(0).shape();
    Tensor value = lowering.constant(input);
    if (value == null) {
      return null;
    }
    long[] row = Arrays.copyOfRange(shape.dims(), axis, shape.rank());
    return value.shape().equals(Shape.of(row)) ? value : null;
  }
}
