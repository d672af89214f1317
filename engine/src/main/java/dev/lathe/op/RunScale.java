package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;

/** A scale during a run, of any floating-point type the specification allows, as float32. */
record RunScale(Slot slot, DType type, long count) {

  static RunScale of(Lowering lowering, int input) {
    Slot slot = lowering.input(input);
    return new RunScale(slot, slot.fact().dtype(), slot.fact().shape().elements());
  }

  /** Requires float32, float16 or bfloat16. */
  static void check(Inference inference, int input) {
    switch (inference.dtype(input)) {
      case FLOAT32, FLOAT16, BFLOAT16 -> {}
      default ->
          throw Checks.unsupported(
              inference.node(),
              "scale (input " + input + ") is " + inference.dtype(input),
              "float32, float16, bfloat16");
    }
  }

  /** Requires one scale. */
  static void checkSingle(Inference inference, int input) {
    check(inference, input);
    if (inference.shape(input).elements() != 1) {
      throw Checks.unsupported(
          inference.node(),
          "scale (input " + input + ") has shape " + inference.shape(input),
          "one scale");
    }
  }

  float get(Frame frame, long index) {
    return (float) Elements.getDouble(type, frame.segment(slot), frame.at(slot), index);
  }
}
