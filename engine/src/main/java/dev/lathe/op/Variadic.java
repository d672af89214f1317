package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Min, Max, Sum and Mean of one or more operands, folded from the left. */
final class Variadic implements Operator {

  private final String opType;
  private final Arithmetic.Function function;
  private final boolean mean;

  Variadic(String opType, Arithmetic.Function function, boolean mean) {
    this.opType = opType;
    this.function = function;
    this.mean = mean;
  }

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx(opType));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireNumeric(inference, 0);
    Shape shape = inference.shape(0);
    for (int i = 1; i < inference.node().inputs().size(); i++) {
      Checks.requireSameType(inference, 0, i);
      shape = Checks.broadcast(inference.node(), shape, inference.shape(i));
    }
    if (mean && !type.isFloat()) {
      throw GraphErrors.invalid(
          inference.node(), "inputs are " + type + ", expected a floating-point type");
    }
    return Checks.one(type, shape);
  }

  @Override
  public void lower(Lowering lowering) {
    int inputs = lowering.node().inputs().size();
    if (inputs == 1) {
      lowering.alias(0, 0);
      return;
    }
    if (inputs == 2) {
      Arithmetic.overwriteSameShape(lowering, 2);
    }
    Slot dst = lowering.output(0);
    function.emit(lowering, lowering.input(0), lowering.input(1), dst);
    for (int i = 2; i < inputs; i++) {
      function.emit(lowering, dst, lowering.input(i), dst);
    }
    if (mean) {
      divide(lowering, dst, inputs);
    }
  }

  private static void divide(Lowering lowering, Slot dst, int count) {
    if (dst.fact().dtype() != DType.FLOAT32) {
      TypedPointwise.binaryReal(lowering, "Mean", (sum, _) -> sum / count, dst, dst, dst);
      return;
    }
    BinaryF32 kernel = lowering.kernels().pick(BinaryF32.class);
    MemorySegment divisor = lowering.allocate(64);
    divisor.set(Tensor.F32, 0, count);
    lowering.emit(
        RangeStep.elements(
            kernel.name().toString(),
            dst.fact().shape().elements(),
            (frame, from, to) ->
                kernel.run(
                    BinaryF32.Function.DIV,
                    frame.segment(dst),
                    frame.at(dst) + from * 4,
                    1,
                    divisor,
                    0,
                    0,
                    frame.segment(dst),
                    frame.at(dst) + from * 4,
                    to - from)));
  }
}
