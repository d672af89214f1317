package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;

/** ConstantOfShape: one value, float zero by default, everywhere. */
final class ConstantOfShape implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("ConstantOfShape"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Tensor value = value(inference.node());
    if (value.elements() != 1) {
      throw GraphErrors.invalid(
          inference.node(), "attribute 'value' has " + value.elements() + " elements, expected 1");
    }
    if (value.dtype().bits() < 8 || value.dtype().bits() > 64) {
      throw Checks.unsupported(
          inference.node(), "the value is " + value.dtype(), "types of 8 to 64 bits");
    }
    return Checks.one(
        value.dtype(), Shape.of(inference.requireValue(0, "the shape operand").toLongs()));
  }

  private static Tensor value(Node node) {
    Tensor value = node.tensorAttribute("value");
    return value == null ? Tensor.scalar(0) : value;
  }

  @Override
  public void lower(Lowering lowering) {
    Tensor value = value(lowering.node());
    long count = lowering.outputFact(0).shape().elements();
    Fill.emit(lowering, lowering.output(0), 0, count, value.dtype().bits() / 8, Fill.bits(value));
  }
}
