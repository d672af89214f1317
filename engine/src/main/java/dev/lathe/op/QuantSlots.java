package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import org.jspecify.annotations.Nullable;

/** Scales and zero points of QuantizeLinear and DequantizeLinear during a run. */
record QuantSlots(Slot scale, @Nullable Slot zeroPoint) {

  /** Inputs 1 and 2 of the node. */
  static QuantSlots of(Lowering lowering) {
    return new QuantSlots(lowering.input(1), lowering.has(2) ? lowering.input(2) : null);
  }

  float scale(Frame frame, long index) {
    return (float)
        Elements.getDouble(scale.fact().dtype(), frame.segment(scale), frame.at(scale), index);
  }

  /** The zero point of a floating-point level; 0 when the node has none. */
  float realZeroPoint(Frame frame, long index) {
    return zeroPoint == null
        ? 0
        : (float)
            Elements.getDouble(
                zeroPoint.fact().dtype(), frame.segment(zeroPoint), frame.at(zeroPoint), index);
  }

  /** The zero point; 0 when the node has none. */
  long zeroPoint(Frame frame, long index) {
    return zeroPoint == null
        ? 0
        : Elements.getLong(
            zeroPoint.fact().dtype(), frame.segment(zeroPoint), frame.at(zeroPoint), index);
  }
}
