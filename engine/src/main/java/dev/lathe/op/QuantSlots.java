package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Scales (float32) and zero points of QuantizeLinear and DequantizeLinear during a run. */
record QuantSlots(Slot scale, @Nullable Slot zeroPoint) {

  /** Inputs 1 and 2 of the node. */
  static QuantSlots of(Lowering lowering) {
    return new QuantSlots(lowering.input(1), lowering.has(2) ? lowering.input(2) : null);
  }

  float scale(Frame frame, long index) {
    return frame.segment(scale).get(Tensor.F32, frame.at(scale) + 4 * index);
  }

  /** The zero point; 0 when the node has none. */
  long zeroPoint(Frame frame, long index) {
    return zeroPoint == null
        ? 0
        : Elements.getLong(
            zeroPoint.fact().dtype(), frame.segment(zeroPoint), frame.at(zeroPoint), index);
  }
}
