package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.function.IntBinaryOperator;

/** Element-wise operators on two uint8 tensors that broadcast: inputs 0 and 3, output 0. */
final class QuantizedPair {

  private static final int WORK = 4;

  private QuantizedPair() {}

  /** The shape of the result. */
  static Shape infer(Inference inference) {
    if (inference.dtype(0) != DType.UINT8 || inference.dtype(3) != DType.UINT8) {
      throw GraphErrors.invalid(
          inference.node(),
          "operands are " + inference.dtype(0) + " and " + inference.dtype(3) + ", expected uint8");
    }
    return Checks.broadcast(inference.node(), inference.shape(0), inference.shape(3));
  }

  /** One level after the other, each 0..255. */
  static void lower(Lowering lowering, String name, IntBinaryOperator function) {
    Slot lhs = lowering.input(0);
    Slot rhs = lowering.input(3);
    Slot dst = lowering.output(0);
    Nest nest = Nest.broadcast(dst.fact().shape(), lhs.fact().shape(), rhs.fact().shape());
    long inner = nest.inner();
    lowering.emit(
        RangeStep.units(
            name,
            nest.outer(1),
            WORK * inner,
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                long out = frame.at(dst) + nest.offset(0, i, 1);
                long a = frame.at(lhs) + nest.offset(1, i, 1);
                long b = frame.at(rhs) + nest.offset(2, i, 1);
                for (long j = 0; j < inner; j++) {
                  int x = frame.segment(lhs).get(Tensor.I8, a + j * nest.innerStride(1)) & 0xFF;
                  int y = frame.segment(rhs).get(Tensor.I8, b + j * nest.innerStride(2)) & 0xFF;
                  byte level = (byte) function.applyAsInt(x, y);
                  frame.segment(dst).set(Tensor.I8, out + j * nest.innerStride(0), level);
                }
              }
            }));
  }
}
