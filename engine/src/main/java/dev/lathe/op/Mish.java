package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.UnaryF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.util.List;

/** Mish: {@code x tanh(softplus(x))} (Misra, 2019); in fp32 as three vectorized steps. */
final class Mish implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Mish"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    return Checks.one(Checks.requireReal(inference, 0), inference.shape(0));
  }

  @Override
  public void lower(Lowering lowering) {
    TensorFact fact = lowering.outputFact(0);
    if (fact.dtype() != DType.FLOAT32) {
      TypedPointwise.unaryReal(
          lowering, "Mish", x -> x * StrictMath.tanh(UnaryOperators.softplus(x)));
      return;
    }
    lowering.mayOverwrite(0, 0);
    Slot x = lowering.input(0);
    Slot scratch = lowering.scratch(fact.shape().elements() * 4);
    Slot gate = new Slot(scratch.index(), scratch.value(), fact);
    Pointwise.unary(lowering, UnaryF32.Function.SOFTPLUS, 0, 0, x, gate);
    Pointwise.unary(lowering, UnaryF32.Function.TANH, 0, 0, gate, gate);
    Pointwise.binary(lowering, BinaryF32.Function.MUL, x, gate, lowering.output(0));
  }
}
