package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Pooling in ONNX's own layout (NCW, NCHW, NCDHW), element by element: MaxPool with or without
 * indices, AveragePool, LpPool and GlobalLpPool; the other global forms are {@link Reduce}'s.
 * Networks normally run the NHWC forms of {@link NhwcPool}.
 */
final class Pool implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(
        Key.onnx("MaxPool"), Key.onnx("AveragePool"), Key.onnx("LpPool"), Key.onnx("GlobalLpPool"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType type = Checks.requireArithmetic(inference, 0);
    Shape shape = inference.shape(0);
    if (shape.rank() < 3 || shape.rank() > 5) {
      throw Checks.unsupported(node, "input 0 has shape " + shape, "1 to 3 spatial axes");
    }
    if (!node.opType().equals("MaxPool") && !type.isFloat()) {
      throw GraphErrors.invalid(node, "input 0 is " + type + ", expected a float type");
    }
    Shape pooled =
        Gather.join(new long[] {shape.dim(0), shape.dim(1)}, windows(node, shape).outputs());
    List<TensorFact> facts = new ArrayList<>(List.of(TensorFact.of(type, pooled)));
    if (node.outputs().size() > 1) {
      facts.add(TensorFact.of(DType.INT64, pooled));
    }
    return facts;
  }

  private static PoolWindows windows(Node node, Shape shape) {
    long[] spatial = Arrays.copyOfRange(shape.dims(), 2, shape.rank());
    return node.opType().startsWith("Global")
        ? PoolWindows.global(node, spatial)
        : PoolWindows.of(node, spatial);
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    Shape shape = lowering.fact(0).shape();
    PoolWindows windows = windows(node, shape).raised(3);
    PoolBody body =
        new PoolBody(
            windows,
            function(node),
            node.intAttribute("p", 2),
            node.intAttribute("count_include_pad", 0) != 0,
            lowering.input(0),
            lowering.output(0),
            lowering.isUsed(1) ? lowering.output(1) : null,
            node.intAttribute("storage_order", 0) != 0);
    lowering.emit(
        RangeStep.units(
            body.function().name().toLowerCase(java.util.Locale.ROOT) + "pool",
            shape.product(0, 2) * windows.out(0) * windows.out(1),
            windows.taps() * windows.out(2) * 4,
            body));
  }

  private static PoolBody.Function function(Node node) {
    return switch (node.opType()) {
      case "MaxPool" -> PoolBody.Function.MAX;
      case "AveragePool" -> PoolBody.Function.AVERAGE;
      default -> PoolBody.Function.LP;
    };
  }
}
