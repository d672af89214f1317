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
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * com.microsoft SkipLayerNormalization and SkipSimplifiedLayerNormalization over the last axis:
 * normalize(input + skip + bias), with the optional outputs mean, inverse deviation and the sum.
 *
 * <pre>
 * SkipLayerNormalization            (input, skip, gamma, beta?, bias?)
 * SkipSimplifiedLayerNormalization  (input, skip, gamma, bias?)
 * </pre>
 */
final class SkipLayerNormalization implements Operator {

  private static final int SUM = 3;

  @Override
  public List<Key> keys() {
    return List.of(
        Microsoft.key("SkipLayerNormalization"), Microsoft.key("SkipSimplifiedLayerNormalization"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireF32(inference, 0);
    Normalization form = form(inference);
    form.check(inference, DType.FLOAT32);
    requireOperand(inference, 1, form.shape());
    if (inference.has(bias(inference.node()))) {
      requireOperand(inference, bias(inference.node()), form.shape());
    }
    TensorFact whole = TensorFact.of(DType.FLOAT32, form.shape());
    TensorFact statistics = TensorFact.of(DType.FLOAT32, form.reduced());
    return List.of(whole, statistics, statistics, whole);
  }

  private static void requireOperand(Inference inference, int input, Shape shape) {
    Checks.requireF32(inference, input);
    if (!Checks.broadcast(inference.node(), shape, inference.shape(input)).equals(shape)) {
      throw GraphErrors.invalid(
          inference.node(),
          "input " + input + " " + inference.shape(input) + " does not broadcast to " + shape);
    }
  }

  private static boolean centred(Node node) {
    return node.opType().equals("SkipLayerNormalization");
  }

  private static int bias(Node node) {
    return centred(node) ? 4 : 3;
  }

  private static Normalization form(Inference inference) {
    Node node = inference.node();
    boolean centred = centred(node);
    Shape shape = inference.shape(0);
    if (shape.rank() < 2) {
      throw GraphErrors.invalid(node, "input 0 has shape " + shape + ", expected rank 2 or 3");
    }
    // The simplified form has no beta: index 5 is past its inputs.
    return new Normalization(
        shape,
        shape.rank() - 1,
        centred,
        node.floatAttribute("epsilon", 1e-12f),
        2,
        centred ? 3 : 5);
  }

  @Override
  public void lower(Lowering lowering) {
    Normalization form = form(lowering.inference());
    Shape shape = form.shape();
    Slot sum = lowering.isUsed(SUM) ? lowering.output(SUM) : lowering.output(0);
    add(lowering, lowering.input(0), shape, 1, sum);
    int bias = bias(lowering.node());
    if (lowering.has(bias)) {
      add(lowering, sum, shape, bias, sum);
    }
    Normalization.Statistics statistics =
        new Normalization.Statistics(optional(lowering, 1), optional(lowering, 2));
    if (statistics.wanted()) {
      form.emitStatistics(lowering, sum, DType.FLOAT32, statistics);
    }
    form.emit(lowering, sum, lowering.output(0));
  }

  private static void add(Lowering lowering, Slot lhs, Shape shape, int input, Slot dst) {
    Slot rhs = lowering.input(input);
    Pointwise.binary(
        lowering, BinaryF32.Function.ADD, lhs, shape, rhs, rhs.fact().shape(), dst, shape);
  }

  private static @Nullable Slot optional(Lowering lowering, int output) {
    return lowering.isUsed(output) ? lowering.output(output) : null;
  }
}
