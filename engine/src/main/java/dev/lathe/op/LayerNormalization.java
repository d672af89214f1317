package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * LayerNormalization (opset 17) over all axes from the given one on, with the optional outputs Mean
 * and InvStdDev; and RMSNormalization (opset 23), which divides by the root mean square, and before
 * was called SimplifiedLayerNormalization, with the optional output InvStdDev. These two also under
 * the names ONNX Runtime exported them by before the standard had them.
 */
final class LayerNormalization implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(
        Key.onnx("LayerNormalization"),
        Key.onnx("RMSNormalization"),
        Key.onnx("SimplifiedLayerNormalization"),
        Microsoft.key("LayerNormalization"),
        Microsoft.key("SimplifiedLayerNormalization"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = inference.dtype(0);
    if (!type.isFloat() || type.bits() < 16) {
      throw Checks.unsupported(
          inference.node(), "input 0 is " + type, "float16, bfloat16, float32, float64");
    }
    Normalization form = form(inference);
    form.check(inference, type);
    TensorFact statistics = TensorFact.of(stashType(inference.node()), form.reduced());
    return List.of(TensorFact.of(type, form.shape()), statistics, statistics);
  }

  private static DType stashType(Node node) {
    long code = node.intAttribute("stash_type", 1);
    if (code == DType.FLOAT32.code()) {
      return DType.FLOAT32;
    }
    if (code == DType.BFLOAT16.code()) {
      return DType.BFLOAT16;
    }
    throw GraphErrors.invalid(node, "attribute 'stash_type' is " + code + ", expected 1 or 16");
  }

  private static Normalization form(Inference inference) {
    Node node = inference.node();
    int axis = Axes.attribute(node, -1, inference.shape(0).rank());
    return new Normalization(
        inference.shape(0),
        axis,
        /* centred= */ node.opType().equals("LayerNormalization"),
        node.floatAttribute("epsilon", 1e-5f),
        1,
        2);
  }

  @Override
  public void lower(Lowering lowering) {
    Normalization form = form(lowering.inference());
    DType type = lowering.fact(0).dtype();
    Normalization.Statistics statistics =
        form.centred()
            ? new Normalization.Statistics(optional(lowering, 1), optional(lowering, 2))
            : new Normalization.Statistics(null, optional(lowering, 1));
    if (statistics.wanted()) {
      form.emitStatistics(lowering, lowering.input(0), type, statistics);
    }
    if (type == DType.FLOAT32) {
      lowering.mayOverwrite(0, 0);
      form.emit(lowering, lowering.input(0), lowering.output(0));
    } else {
      form.emitPlain(lowering);
    }
  }

  private static @Nullable Slot optional(Lowering lowering, int output) {
    return lowering.isUsed(output) ? lowering.output(output) : null;
  }
}
