package dev.lathe.op;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;

/**
 * An operand of int32 or int64 indices that are read in the run; negative ones count from the end.
 *
 * @param place the node, for messages
 */
record Indices(Slot slot, String place) {

  static Indices of(Lowering lowering, int input) {
    return new Indices(lowering.input(input), lowering.node().toString());
  }

  /**
   * The index at a position, in [0, extent).
   *
   * @throws InvalidDataException when it lies outside the axis
   */
  long at(Frame frame, long position, long extent) {
    long index =
        Elements.getLong(slot.fact().dtype(), frame.segment(slot), frame.at(slot), position);
    return resolved(index, extent, place);
  }

  /** An index as one in [0, extent); with the node for the message when it is outside. */
  static long resolved(long index, long extent, String place) {
    if (index < -extent || index >= extent) {
      throw new InvalidDataException(
          new Problem(
              "index " + index + " is outside an axis of " + extent,
              place,
              "indices lie in [-" + extent + ", " + extent + ")",
              "check the inputs"));
    }
    return index < 0 ? index + extent : index;
  }
}
