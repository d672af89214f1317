package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmFloat;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.RhsView;
import dev.lathe.op.AttentionShape.Operand;
import dev.lathe.op.AttentionShape.Weighting;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;

/**
 * com.microsoft Attention over float32: one product with the weights of queries, keys and values,
 * then attention on its columns where they lie.
 *
 * <pre>
 * inputs   x [B,S,I]   weights [I,3*H*D]   bias [3*H*D]   mask int32 [B,S]?   past   scores' bias to [B,H,S,S]?
 * output   [B,S,H*D]
 * </pre>
 *
 * <p>Weights and bias are constants; past states and other forms of the mask are not supported.
 */
final class FusedAttention implements Operator {

  private static final int MASK = 3;
  private static final int PAST = 4;
  private static final int SCORES_BIAS = 5;

  @Override
  public List<Key> keys() {
    return List.of(Microsoft.key("Attention"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Checks.requireF32(inference, 0);
    inference.requireRank(0, 3);
    Shape x = inference.shape(0);
    Checks.requireNoOutputFrom(node, 1, "Attention without present states");
    if (inference.has(PAST)
        || node.attributes().containsKey("qkv_hidden_sizes")
        || node.intAttribute("do_rotary", 0) != 0) {
      throw Checks.unsupported(
          node,
          "past states, qkv_hidden_sizes or do_rotary",
          "self-attention with queries, keys and values of one width");
    }
    Tensor weights = inference.requireValue(1, "weights of Attention");
    long heads = Checks.requireInt(node, "num_heads");
    long width = weights.shape().rank() == 2 ? weights.shape().dim(1) / 3 : 0;
    if (heads < 1 || width % heads != 0 || !weights.shape().equals(Shape.of(x.dim(2), 3 * width))) {
      throw GraphErrors.invalid(
          node, "weights of " + weights.shape() + " for " + heads + " heads and an input of " + x);
    }
    if (inference.has(2)) {
      inference.requireValue(2, "bias of Attention");
      Checks.requireOperand(inference, 2, DType.FLOAT32, Shape.of(3 * width));
    }
    Shape rows = Shape.of(x.dim(0), x.dim(1));
    if (inference.has(MASK)
        && (inference.dtype(MASK) != DType.INT32 || !inference.shape(MASK).equals(rows))) {
      throw Checks.unsupported(
          node, "a mask " + inference.dtype(MASK) + " " + inference.shape(MASK), "int32 " + rows);
    }
    if (inference.has(SCORES_BIAS)) {
      AttentionMasks.check(inference, SCORES_BIAS, Shape.of(x.dim(0), heads, x.dim(1), x.dim(1)));
      if (inference.has(MASK)) {
        throw Checks.unsupported(node, "a mask and a bias of the scores", "one of them");
      }
    }
    return Checks.one(DType.FLOAT32, Shape.of(x.dim(0), x.dim(1), width));
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    Shape x = lowering.fact(0).shape();
    int rows = x.intDim(1);
    int columns = lowering.fact(1).shape().intDim(1);
    int width = columns / 3;
    int heads = (int) Checks.requireInt(node, "num_heads");
    Slot projected = project(lowering, x, columns);
    int size = width / heads;
    AttentionShape shape = new AttentionShape(x.intDim(0), heads, heads, rows, rows, size, size);
    float scale = node.floatAttribute("scale", 0);
    Weighting weighting =
        new Weighting(
            scale == 0 ? (float) (1 / Math.sqrt(size)) : scale,
            0,
            node.intAttribute("unidirectional", 0) != 0 ? 0 : Weighting.ALL,
            mask(lowering, shape),
            null,
            AttentionShape.Stage.SCALED);
    AttentionStep.emit(
        lowering,
        shape,
        weighting,
        part(projected, 0, rows, columns, size),
        part(projected, width, rows, columns, size),
        part(projected, 2L * width, rows, columns, size),
        Operand.rowsFirst(lowering.output(0), heads, rows, size));
  }

  private static Operand part(Slot slot, long base, long rows, long columns, long size) {
    return new Operand(slot, base, rows * columns, size, columns);
  }

  private static Slot project(Lowering lowering, Shape x, int columns) {
    int m = Math.toIntExact(x.dim(0) * x.dim(1));
    int k = x.intDim(2);
    GemmFloat kernel = lowering.kernels().pickConstantProduct();
    Tensor weights = lowering.inference().requireValue(1, "weights of Attention");
    Tensor bias = lowering.constant(2);
    Slot projected = lowering.scratch(4L * m * columns);
    FloatEpilogue epilogue = Operands.epilogue(lowering, bias, 0, columns, 0);
    lowering.emit(
        new GemmF32Step(
            kernel,
            GemmShape.product(m, columns, k, k, columns),
            1,
            List.of(epilogue),
            new GemmF32Step.Operands(
                lowering.input(0),
                image -> 0,
                GemmRhs.perGroup(
                    List.of(
                        lowering.packed(
                            lowering.node().input(1) + "#matmul",
                            kernel.rhsLayout(),
                            () -> RhsView.rowMajor(weights.data(), k, columns)))),
                null,
                projected,
                0,
                null,
                null)));
    return projected;
  }

  private static @org.jspecify.annotations.Nullable Operand mask(
      Lowering lowering, AttentionShape shape) {
    if (lowering.has(SCORES_BIAS)) {
      return AttentionMasks.operand(lowering, SCORES_BIAS);
    }
    float hidden = lowering.node().floatAttribute("mask_filter_value", -10000);
    return lowering.has(MASK) ? AttentionMasks.padding(lowering, MASK, shape.keys(), hidden) : null;
  }
}
