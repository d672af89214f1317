package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;

/** Operators whose first output is the first input under another shape: no bytes move. */
final class Views implements Operator {

  private static final List<String> NAMES =
      List.of("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout");

  @Override
  public List<Key> keys() {
    return NAMES.stream().map(Key::onnx).toList();
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Shape shape =
        switch (node.opType()) {
          case "Reshape" -> ViewShapes.reshape(inference);
          case "Flatten" -> ViewShapes.flatten(inference);
          case "Squeeze" -> ViewShapes.squeeze(inference);
          case "Unsqueeze" -> ViewShapes.unsqueeze(inference);
          case "Dropout" -> dropout(inference);
          default -> inference.shape(0);
        };
    TensorFact output = TensorFact.of(inference.dtype(0), shape);
    return node.is("Dropout") && node.outputs().size() > 1
        ? List.of(output, TensorFact.of(DType.BOOL, shape))
        : List.of(output);
  }

  /** Dropout passes its input through unless it trains and drops something. */
  private static Shape dropout(Inference inference) {
    if (inference.has(2)
        && inference.requireValue(2, "training_mode").integer(0) != 0
        && !(inference.has(1) && isZero(inference.requireValue(1, "ratio")))) {
      throw Checks.unsupported(inference.node(), "training_mode is on", "inference");
    }
    return inference.shape(0);
  }

  private static boolean isZero(Tensor ratio) {
    return Elements.getDouble(ratio.dtype(), ratio.data(), 0, 0) == 0;
  }

  @Override
  public void lower(Lowering lowering) {
    lowering.alias(0, 0);
    if (lowering.node().outputs().size() > 1 && lowering.isUsed(1)) {
      Fill.emit(lowering, lowering.output(1), 0, lowering.outputFact(1).shape().elements(), 1, 1);
    }
  }
}
