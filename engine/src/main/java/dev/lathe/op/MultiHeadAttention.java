package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.op.AttentionShape.Operand;
import dev.lathe.op.AttentionShape.Weighting;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * com.microsoft MultiHeadAttention over float32 with separate queries, keys and values.
 *
 * <pre>
 * inputs   query [B,S,H*D]   key [B,T,H*D]   value [B,T,H*E]   bias [H*(2*D+E)]?   padding mask int32 [B,T]?
 *          scores' bias to [B,H,S,T]?
 * output   [B,S,H*E]
 * </pre>
 *
 * <p>Packed operands, past and present states are not supported.
 */
final class MultiHeadAttention implements Operator {

  private static final int BIAS = 3;
  private static final int MASK = 4;
  private static final int SCORES_BIAS = 5;

  @Override
  public List<Key> keys() {
    return List.of(Microsoft.key("MultiHeadAttention"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Checks.requireNoOutputFrom(node, 1, "MultiHeadAttention without present states");
    for (int input = 6; input < node.inputs().size(); input++) {
      if (inference.has(input)) {
        throw Checks.unsupported(node, "input " + input + " is used", "inputs 0 to 5");
      }
    }
    for (int input = 0; input < 3; input++) {
      if (!inference.has(input) || inference.shape(input).rank() != 3) {
        throw Checks.unsupported(
            node, "packed queries, keys or values", "three operands of rank 3");
      }
      Checks.requireF32(inference, input);
    }
    Shape q = inference.shape(0);
    Shape k = inference.shape(1);
    Shape v = inference.shape(2);
    long heads = Checks.requireInt(node, "num_heads");
    boolean fits =
        q.dim(0) == k.dim(0)
            && q.dim(0) == v.dim(0)
            && k.dim(1) == v.dim(1)
            && q.dim(2) == k.dim(2)
            && heads > 0
            && q.dim(2) % heads == 0
            && v.dim(2) % heads == 0;
    if (!fits) {
      throw GraphErrors.invalid(
          node, "shapes " + q + ", " + k + " and " + v + " do not fit " + heads + " heads");
    }
    long bias = 2 * q.dim(2) + v.dim(2);
    Checks.requireOperand(inference, BIAS, DType.FLOAT32, Shape.of(bias));
    Shape keys = Shape.of(k.dim(0), k.dim(1));
    if (inference.has(MASK)
        && (inference.dtype(MASK) != DType.INT32 || !inference.shape(MASK).equals(keys))) {
      throw Checks.unsupported(
          node, "a mask " + inference.dtype(MASK) + " " + inference.shape(MASK), "int32 " + keys);
    }
    if (inference.has(SCORES_BIAS)) {
      AttentionMasks.check(inference, SCORES_BIAS, Shape.of(q.dim(0), heads, q.dim(1), k.dim(1)));
      if (inference.has(MASK)) {
        throw Checks.unsupported(node, "a mask and a bias of the scores", "one of them");
      }
    }
    return Checks.one(DType.FLOAT32, Shape.of(q.dim(0), q.dim(1), v.dim(2)));
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    Shape q = lowering.fact(0).shape();
    Shape v = lowering.fact(2).shape();
    int heads = (int) Checks.requireInt(node, "num_heads");
    AttentionShape shape =
        new AttentionShape(
            q.intDim(0),
            heads,
            heads,
            q.intDim(1),
            v.intDim(1),
            q.intDim(2) / heads,
            v.intDim(2) / heads);
    float scale = node.floatAttribute("scale", 0);
    Weighting weighting =
        new Weighting(
            scale == 0 ? (float) (1 / Math.sqrt(shape.headSize())) : scale,
            0,
            node.intAttribute("unidirectional", 0) != 0
                ? shape.keys() - shape.queries()
                : Weighting.ALL,
            mask(lowering, shape),
            null,
            AttentionShape.Stage.SCALED);
    AttentionStep.emit(
        lowering,
        shape,
        weighting,
        biased(lowering, 0, 0, heads, shape.queries(), shape.headSize()),
        biased(lowering, 1, q.dim(2), heads, shape.keys(), shape.headSize()),
        biased(lowering, 2, 2 * q.dim(2), heads, shape.keys(), shape.valueSize()),
        Operand.rowsFirst(lowering.output(0), heads, shape.queries(), shape.valueSize()));
  }

  /** An operand plus its part of the bias, which begins at element {@code from}. */
  private static Operand biased(
      Lowering lowering, int input, long from, int heads, int rows, int size) {
    Slot src = lowering.input(input);
    if (!lowering.has(BIAS)) {
      return Operand.rowsFirst(src, heads, rows, size);
    }
    Slot bias = lowering.input(BIAS);
    Slot sum = lowering.scratch(4 * lowering.fact(input).shape().elements());
    RowMath math = new RowMath(lowering);
    long width = (long) heads * size;
    lowering.emit(
        RangeStep.units(
            "add bias",
            lowering.fact(input).shape().elements() / width,
            width / 4,
            (frame, first, end) -> {
              for (long at = first * width; at < end * width; at += width) {
                math.apply(BinaryF32.Function.ADD, frame, src, at, bias, from, sum, at, width);
              }
            }));
    return Operand.rowsFirst(sum, heads, rows, size);
  }

  private static @Nullable Operand mask(Lowering lowering, AttentionShape shape) {
    if (lowering.has(SCORES_BIAS)) {
      return AttentionMasks.operand(lowering, SCORES_BIAS);
    }
    float hidden = lowering.node().floatAttribute("mask_filter_value", -10000);
    return lowering.has(MASK) ? AttentionMasks.padding(lowering, MASK, shape.keys(), hidden) : null;
  }
}
