package dev.lathe.plan;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import java.util.List;

/**
 * An operator, or a tight family of operators: what it yields and how it becomes steps. Stateless.
 */
public interface Operator {

  /** What the graph calls it. */
  record Key(String domain, String opType) {
    public static Key onnx(String opType) {
      return new Key("", opType);
    }

    public static Key lathe(String opType) {
      return new Key(dev.lathe.graph.Node.LATHE_DOMAIN, opType);
    }
  }

  /** Every name this class implements. */
  List<Key> keys();

  /**
   * Facts of the outputs, one per output name of the node (also for omitted ones).
   *
   * @throws dev.lathe.error.InvalidModelException when the inputs break the operator's
   *     specification
   * @throws dev.lathe.error.UnsupportedException for a form that is not implemented, saying which
   */
  List<TensorFact> infer(Inference inference);

  /** Emits the steps that compute the outputs; called after {@link #infer} with the same facts. */
  void lower(Lowering lowering);
}
