package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;

/** Where: elements of the second operand where the first is true, else of the third. */
final class Where implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Where"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    if (inference.dtype(0) != DType.BOOL) {
      throw GraphErrors.invalid(
          inference.node(), "the condition is " + inference.dtype(0) + ", expected bool");
    }
    Checks.requireSameType(inference, 1, 2);
    Checks.requireWholeBytes(inference, 1);
    Shape branches = Checks.broadcast(inference.node(), inference.shape(1), inference.shape(2));
    return Checks.one(
        inference.dtype(1), Checks.broadcast(inference.node(), inference.shape(0), branches));
  }

  @Override
  public void lower(Lowering lowering) {
    Slot condition = lowering.input(0);
    Slot yes = lowering.input(1);
    Slot no = lowering.input(2);
    Slot dst = lowering.output(0);
    int bytes = Checks.requireWholeBytes(lowering.inference(), 1);
    Nest nest =
        Nest.broadcast(
            dst.fact().shape(), condition.fact().shape(), yes.fact().shape(), no.fact().shape());
    long count = dst.fact().shape().elements();
    lowering.emit(
        new RangeStep(
            "where",
            count,
            RangeStep.CACHE_LINE_GRAIN,
            count * 4,
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                long at = frame.at(condition) + nest.offset(1, i, 0);
                boolean chosen = frame.segment(condition).get(Tensor.I8, at) != 0;
                Slot src = chosen ? yes : no;
                Elements.move(
                    bytes,
                    frame.segment(src),
                    frame.at(src) + nest.offset(chosen ? 2 : 3, i, 0) * bytes,
                    frame.segment(dst),
                    frame.at(dst) + i * bytes);
              }
            }));
  }
}
