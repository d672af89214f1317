package dev.lathe.op;

import dev.lathe.error.ContentRequiredException;
import dev.lathe.error.Problem;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import java.util.List;

/**
 * If, Loop and Scan: what they yield is known only by running their bodies, which the runtime does
 * between two plans.
 */
final class ControlFlow implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("If"), Key.onnx("Loop"), Key.onnx("Scan"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    throw new ContentRequiredException(
        new Problem(
            "what " + inference.node().opType() + " yields is known only by running its body",
            inference.node().toString(),
            "what is done here does not run the model",
            "run the model"),
        -1);
  }

  @Override
  public void lower(Lowering lowering) {
    throw new IllegalStateException(lowering.node() + " is run by the runtime");
  }
}
