package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.op.AttentionShape.Operand;
import dev.lathe.op.AttentionShape.Stage;
import dev.lathe.op.AttentionShape.Weighting;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.List;

/**
 * ONNX Attention (opset 23) over float32: {@code softmax(cap(scale * Q K^T) + mask) V}. The cap
 * comes before the mask, as the specification was corrected to say.
 *
 * <pre>
 * inputs   Q [B,S,Hq*D] or [B,Hq,S,D]   K [B,L,Hk*D] or [B,Hk,L,D]   V likewise, E wide
 *          mask? to [B,Hq,S,T]   past key? [B,Hk,P,D]   past value? [B,Hk,P,E]       T = P + L
 * outputs  Y [B,S,Hq*E] or [B,Hq,S,E]   present key? [B,Hk,T,D]   present value?   scores? [B,Hq,S,T]
 * </pre>
 */
final class Attention implements Operator {

  private static final int MASK = 3;
  private static final int PAST_KEY = 4;
  private static final int PAST_VALUE = 5;
  private static final int SCORES = 3;

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Attention"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    AttentionShape shape = shape(inference);
    Node node = inference.node();
    Shape scores = Shape.of(shape.batch(), shape.heads(), shape.queries(), shape.keys());
    if (inference.has(MASK)) {
      AttentionMasks.check(inference, MASK, scores);
    }
    if (inference.fact(0).shape().rank() != inference.shape(2).rank()) {
      throw GraphErrors.invalid(node, "Q and V differ in rank");
    }
    stage(node);
    long b = shape.batch();
    Shape y =
        inference.shape(0).rank() == 4
            ? Shape.of(b, shape.heads(), shape.queries(), shape.valueSize())
            : Shape.of(b, shape.queries(), (long) shape.heads() * shape.valueSize());
    return List.of(
        f32(y),
        f32(Shape.of(b, shape.keyHeads(), shape.keys(), shape.headSize())),
        f32(Shape.of(b, shape.keyHeads(), shape.keys(), shape.valueSize())),
        f32(scores));
  }

  private static TensorFact f32(Shape shape) {
    return TensorFact.of(DType.FLOAT32, shape);
  }

  private static AttentionShape shape(Inference inference) {
    Node node = inference.node();
    for (int input = 0; input < 3; input++) {
      Checks.requireF32(inference, input);
    }
    long[] q = heads(inference, 0, "q_num_heads");
    long[] k = heads(inference, 1, "kv_num_heads");
    long[] v = heads(inference, 2, "kv_num_heads");
    if (inference.has(PAST_KEY) != inference.has(PAST_VALUE)) {
      throw GraphErrors.invalid(node, "past key and past value come together");
    }
    long past = inference.has(PAST_KEY) ? inference.shape(PAST_KEY).dim(2) : 0;
    if (q[0] != k[0] || q[0] != v[0] || k[1] != v[1] || k[2] != v[2] || q[3] != k[3]) {
      throw GraphErrors.invalid(
          node,
          "shapes "
              + inference.shape(0)
              + ", "
              + inference.shape(1)
              + " and "
              + inference.shape(2)
              + " do not fit");
    }
    if (k[1] == 0 || q[1] % k[1] != 0) {
      throw GraphErrors.invalid(node, q[1] + " query heads over " + k[1] + " key heads");
    }
    Checks.requireOperand(inference, PAST_KEY, DType.FLOAT32, Shape.of(k[0], k[1], past, k[3]));
    Checks.requireOperand(inference, PAST_VALUE, DType.FLOAT32, Shape.of(k[0], k[1], past, v[3]));
    return new AttentionShape(
        (int) q[0],
        (int) q[1],
        (int) k[1],
        (int) q[2],
        Math.toIntExact(past + k[2]),
        (int) q[3],
        (int) v[3]);
  }

  /** Batch, heads, rows and width of an operand of either rank. */
  private static long[] heads(Inference inference, int input, String attribute) {
    Shape shape = inference.shape(input);
    if (shape.rank() == 4) {
      return shape.dims();
    }
    inference.requireRank(input, 3);
    long heads = Checks.requireInt(inference.node(), attribute);
    if (heads < 1 || shape.dim(2) % heads != 0) {
      throw GraphErrors.invalid(
          inference.node(), "input " + input + " of " + shape + " does not split in " + heads);
    }
    return new long[] {shape.dim(0), heads, shape.dim(1), shape.dim(2) / heads};
  }

  private static Stage stage(Node node) {
    long mode = node.intAttribute("qk_matmul_output_mode", 0);
    return switch ((int) mode) {
      case 0 -> Stage.SCALED;
      case 1 -> Stage.CAPPED;
      case 2 -> Stage.MASKED;
      case 3 -> Stage.NORMALIZED;
      default -> throw GraphErrors.invalid(node, "attribute 'qk_matmul_output_mode' is " + mode);
    };
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    AttentionShape shape = shape(lowering.inference());
    boolean headsFirst = lowering.fact(0).shape().rank() == 4;
    long past = lowering.has(PAST_KEY) ? lowering.fact(PAST_KEY).shape().dim(2) : 0;
    float scale = node.floatAttribute("scale", (float) (1 / Math.sqrt(shape.headSize())));
    Weighting weighting =
        new Weighting(
            scale,
            node.floatAttribute("softcap", 0),
            node.intAttribute("is_causal", 0) != 0 ? (int) past : Weighting.ALL,
            lowering.has(MASK) ? AttentionMasks.operand(lowering, MASK) : null,
            lowering.isUsed(SCORES) ? lowering.output(SCORES) : null,
            stage(node));
    AttentionStep.emit(
        lowering,
        shape,
        weighting,
        operand(lowering.input(0), headsFirst, shape.heads(), shape.queries(), shape.headSize()),
        present(lowering, 1, PAST_KEY, shape, past, shape.headSize()),
        present(lowering, 2, PAST_VALUE, shape, past, shape.valueSize()),
        operand(lowering.output(0), headsFirst, shape.heads(), shape.queries(), shape.valueSize()));
  }

  private static Operand operand(Slot slot, boolean headsFirst, int heads, int rows, int width) {
    return headsFirst
        ? Operand.headsFirst(slot, heads, rows, width)
        : Operand.rowsFirst(slot, heads, rows, width);
  }

  /** Keys or values as attention reads them: those of the past and the new ones in a row. */
  private static Operand present(
      Lowering lowering, int input, int pastInput, AttentionShape shape, long past, int width) {
    int rows = Math.toIntExact(shape.keys() - past);
    boolean headsFirst = lowering.fact(input).shape().rank() == 4;
    Operand added = operand(lowering.input(input), headsFirst, shape.keyHeads(), rows, width);
    Slot output = lowering.isUsed(input) ? lowering.output(input) : null;
    if (output == null && past == 0) {
      return added;
    }
    Slot dst = output != null ? output : lowering.scratch(bytes(shape, width));
    Operand whole = Operand.headsFirst(dst, shape.keyHeads(), shape.keys(), width);
    if (past > 0) {
      Operand old = Operand.headsFirst(lowering.input(pastInput), shape.keyHeads(), past, width);
      KeyValueCache.copy(lowering, shape, old, whole, 0, past, width);
    }
    KeyValueCache.copy(lowering, shape, added, whole, past, rows, width);
    return whole;
  }

  private static long bytes(AttentionShape shape, int width) {
    return 4L * shape.batch() * shape.keyHeads() * shape.keys() * width;
  }
}
