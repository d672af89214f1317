package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.RowsF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.List;

/**
 * InstanceNormalization, and GroupNormalization (opset 18 with one scale per group, opset 21 with
 * one per channel): rows of one group of channels each, then scale and bias.
 */
final class GroupNormalization implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("InstanceNormalization"), Key.onnx("GroupNormalization"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Shape shape = inference.shape(0);
    for (int input = 0; input < 3; input++) {
      Checks.requireF32(inference, input);
    }
    if (shape.rank() < 2) {
      throw GraphErrors.invalid(node, "input 0 has shape " + shape + ", expected N x C x ...");
    }
    long groups = groups(inference);
    if (groups < 1 || shape.dim(1) % groups != 0) {
      throw GraphErrors.invalid(
          node, shape.dim(1) + " channels do not divide into " + groups + " groups");
    }
    Shape scales = Shape.of(scales(inference));
    if (!inference.shape(1).equals(scales) || !inference.shape(2).equals(scales)) {
      throw GraphErrors.invalid(
          node,
          "scale "
              + inference.shape(1)
              + " and bias "
              + inference.shape(2)
              + " are not of "
              + scales
              + " elements");
    }
    return Checks.one(DType.FLOAT32, shape);
  }

  private static long groups(Inference inference) {
    Node node = inference.node();
    return node.opType().equals("GroupNormalization")
        ? Checks.requireInt(node, "num_groups")
        : inference.shape(0).dim(1);
  }

  private static long scales(Inference inference) {
    boolean perGroup =
        inference.node().opType().equals("GroupNormalization") && inference.opset() < 21;
    return perGroup ? groups(inference) : inference.shape(0).dim(1);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    float epsilon = lowering.node().floatAttribute("epsilon", 1e-5f);
    lowering.mayOverwrite(0, 0);
    Slot dst = lowering.output(0);
    if (shape.elements() == 0) {
      return;
    }
    long rows = shape.dim(0) * groups(lowering.inference());
    int length = Math.toIntExact(shape.elements() / rows);
    Rows.normalize(
        lowering, RowsF32.Function.LAYER_NORM, epsilon, lowering.input(0), dst, length, rows);
    long scales = scales(lowering.inference());
    Shape view = Shape.of(shape.dim(0), scales, shape.elements() / (shape.dim(0) * scales));
    Shape perChannel = Shape.of(scales, 1);
    Slot scale = lowering.input(1);
    Slot bias = lowering.input(2);
    Pointwise.binary(lowering, BinaryF32.Function.MUL, dst, view, scale, perChannel, dst, view);
    Pointwise.binary(lowering, BinaryF32.Function.ADD, dst, view, bias, perChannel, dst, view);
  }
}
