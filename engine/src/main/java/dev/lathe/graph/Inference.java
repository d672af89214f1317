package dev.lathe.graph;

import dev.lathe.error.ContentRequiredException;
import dev.lathe.error.Problem;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an operator sees when it infers its outputs: its node, the facts of its inputs, the operator
 * set version.
 *
 * @param facts one per input of the node; null for an omitted optional input
 * @param opset version of the node's domain that the model imports
 */
public record Inference(Node node, List<@Nullable TensorFact> facts, long opset) {

  public boolean has(int index) {
    return index < facts.size() && facts.get(index) != null;
  }

  /**
   * Fact of a required input.
   *
   * @throws dev.lathe.error.InvalidModelException when the node omits it
   */
  public TensorFact fact(int index) {
    TensorFact fact = index < facts.size() ? facts.get(index) : null;
    if (fact == null) {
      throw GraphErrors.invalid(node, "input " + index + " is missing");
    }
    return fact;
  }

  public Shape shape(int index) {
    return fact(index).shape();
  }

  public DType dtype(int index) {
    return fact(index).dtype();
  }

  /** Contents of an input when known ahead, else null (also when omitted). */
  public @Nullable Tensor value(int index) {
    return has(index) ? fact(index).value() : null;
  }

  /**
   * Contents of an input that must be known ahead of execution, such as the shape operand of
   * Reshape.
   *
   * @throws dev.lathe.error.ContentRequiredException when they depend on the contents of the
   *     model's inputs
   */
  public Tensor requireValue(int index, String what) {
    Tensor value = fact(index).value();
    if (value == null) {
      throw new ContentRequiredException(
          new Problem(
              what + " depends on the contents of the model's inputs",
              node.toString(),
              "what is done here needs to know it ahead of execution",
              "run the model, or make its shapes depend only on its input shapes"),
          index);
    }
    return value;
  }

  /** A copy of the rank check every operator needs. */
  public void requireRank(int index, int rank) {
    if (shape(index).rank() != rank) {
      throw GraphErrors.invalid(
          node, "input " + index + " has shape " + shape(index) + ", expected rank " + rank);
    }
  }
}
