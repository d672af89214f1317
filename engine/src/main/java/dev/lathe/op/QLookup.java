package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** dev.lathe.QLookup (x, table): uint8 levels to uint8 levels through a table of all 256. */
final class QLookup implements Operator {

  private static final int LEVELS = 256;

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe("QLookup"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Tensor table = inference.requireValue(1, "table");
    if (inference.dtype(0) != DType.UINT8
        || table.dtype() != DType.UINT8
        || table.elements() != LEVELS) {
      throw GraphErrors.invalid(
          inference.node(),
          "input is " + inference.dtype(0) + " and table " + table + ", expected uint8 and 256");
    }
    return Checks.one(DType.UINT8, inference.shape(0));
  }

  @Override
  public void lower(Lowering lowering) {
    byte[] table = lowering.inference().requireValue(1, "table").data().toArray(Tensor.I8);
    lowering.mayOverwrite(0, 0);
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    lowering.emit(
        RangeStep.elements(
            "look up levels",
            dst.fact().shape().elements(),
            (frame, from, to) -> {
              MemorySegment in = frame.segment(src);
              MemorySegment out = frame.segment(dst);
              long shift = frame.at(dst) - frame.at(src);
              long end = frame.at(src) + to;
              for (long i = frame.at(src) + from; i < end; i++) {
                out.set(Tensor.I8, i + shift, table[in.get(Tensor.I8, i) & 0xFF]);
              }
            }));
  }
}
