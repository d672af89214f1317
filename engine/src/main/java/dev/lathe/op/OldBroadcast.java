package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Broadcasting before opset 7: the second operand's shape is a run of the first one's dimensions
 * that starts at attribute {@code axis}, or the last ones without it.
 *
 * <pre>
 *   lhs [2, 3, 4, 5], rhs [3, 4], axis 1   ->   rhs as [3, 4, 1], broadcast numpy's way
 * </pre>
 *
 * <p>As an operator, {@code dev.lathe.Align}: the second operand so shaped, given both.
 */
public final class OldBroadcast implements Operator {

  /** The name of the operator in the internal domain. */
  public static final String ALIGN = "Align";

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe(ALIGN));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Shape shape = aligned(inference, axis(inference));
    Tensor value = inference.value(1);
    return List.of(
        value == null
            ? TensorFact.of(inference.dtype(1), shape)
            : TensorFact.constant(value.reshape(shape)));
  }

  @Override
  public void lower(Lowering lowering) {
    lowering.alias(0, 1);
  }

  /** Whether a node of an operator set aligns its second operand in this way. */
  public static boolean applies(Node node, long opset) {
    if (opset >= 7) {
      return false;
    }
    boolean aligned =
        node.intAttribute("broadcast", 0) != 0 && node.attributes().containsKey("axis");
    return aligned || node.is("PRelu");
  }

  /** The shape of operand 1 as numpy's rule needs it. */
  static Shape shape(Inference inference) {
    return applies(inference.node(), inference.opset())
        ? aligned(inference, axis(inference))
        : inference.shape(1);
  }

  /** Operand 1 as numpy's rule needs it. */
  static Slot operand(Lowering lowering) {
    Slot slot = lowering.input(1);
    Shape shape = shape(lowering.inference());
    TensorFact fact = TensorFact.of(slot.fact().dtype(), shape);
    return shape.equals(slot.fact().shape()) ? slot : new Slot(slot.index(), slot.value(), fact);
  }

  /** PRelu's slopes belong to the channels, axis 1. */
  private static long axis(Inference inference) {
    return inference.node().intAttribute("axis", 1);
  }

  private static Shape aligned(Inference inference, long axis) {
    Shape lhs = inference.shape(0);
    Shape rhs = inference.shape(1);
    if (rhs.elements() == 1) {
      return Shape.scalar();
    }
    int first = Axes.of(inference.node(), axis, lhs.rank());
    if (first + rhs.rank() > lhs.rank()) {
      throw GraphErrors.invalid(
          inference.node(), "shape " + rhs + " does not fit " + lhs + " from axis " + axis);
    }
    long[] dims = Arrays.copyOf(rhs.dims(), lhs.rank() - first);
    Arrays.fill(dims, rhs.rank(), dims.length, 1);
    return Shape.of(dims);
  }
}
