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
import java.lang.foreign.MemorySegment;
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
    DType type = Checks.requireReal(inference, 0);
    Checks.requireSameType(inference, 0, 1);
    Checks.requireSameType(inference, 0, 2);
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
    return Checks.one(type, shape);
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
    if (dst.fact().dtype() != DType.FLOAT32) {
      plain(lowering, rows, length, epsilon);
      return;
    }
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

  /** Rows of any floating-point type, computed in double. */
  private static void plain(Lowering lowering, long rows, long length, double epsilon) {
    Slot src = lowering.input(0);
    Slot scale = lowering.input(1);
    Slot bias = lowering.input(2);
    Slot dst = lowering.output(0);
    DType type = dst.fact().dtype();
    Nest line = Nest.of(new long[] {length}, new long[] {1});
    long scales = scales(lowering.inference());
    long run = dst.fact().shape().elements() / (dst.fact().shape().dim(0) * scales);
    lowering.emit(
        RangeStep.units(
            "normalize",
            rows,
            length * 16,
            (frame, from, to) -> {
              for (long row = from; row < to; row++) {
                MemorySegment data = frame.segment(src);
                long at = frame.at(src);
                double mean = Moments.mean(type, data, at, row * length, line);
                double variance = Moments.variance(type, data, at, row * length, line, mean);
                double factor = 1 / Math.sqrt(variance + epsilon);
                for (long i = row * length; i < (row + 1) * length; i++) {
                  long s = i / run % scales;
                  double x = Elements.getDouble(type, data, at, i);
                  double a = Elements.getDouble(type, frame.segment(scale), frame.at(scale), s);
                  double b = Elements.getDouble(type, frame.segment(bias), frame.at(bias), s);
                  double y = (x - mean) * factor * a + b;
                  Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, y);
                }
              }
            }));
  }
}
