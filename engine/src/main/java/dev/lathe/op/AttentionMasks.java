package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.op.AttentionShape.Operand;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;

/**
 * Masks of attention that broadcast to [B,H,S,T]: float32 to be added to the scores, or bool, where
 * false hides a key.
 */
final class AttentionMasks {

  private AttentionMasks() {}

  static void check(Inference inference, int input, Shape scores) {
    DType type = inference.dtype(input);
    if (type != DType.FLOAT32 && type != DType.BOOL) {
      throw Checks.unsupported(
          inference.node(), "the mask, input " + input + ", is " + type, "float32, bool");
    }
    Shape mask = inference.shape(input);
    if (mask.rank() < 1
        || mask.rank() > 4
        || !Checks.broadcast(inference.node(), scores, mask).equals(scores)) {
      throw GraphErrors.invalid(
          inference.node(), "a mask of " + mask + " does not broadcast to " + scores);
    }
    if (mask.dim(-1) != scores.dim(-1)) {
      throw Checks.unsupported(
          inference.node(), "a mask of " + mask + " for scores " + scores, "one column per key");
    }
  }

  /** The mask as floats to be added; a bool one is converted in the run. */
  static Operand operand(Lowering lowering, int input) {
    Slot slot = lowering.input(input);
    Shape shape = lowering.fact(input).shape();
    if (lowering.fact(input).dtype() == DType.BOOL) {
      slot = converted(lowering, slot, shape.elements());
    }
    return new Operand(slot, 0, stride(shape, 4), stride(shape, 3), stride(shape, 2));
  }

  /** Stride of an axis counted from the end; 0 where the mask repeats. */
  private static long stride(Shape shape, int fromEnd) {
    int axis = shape.rank() - fromEnd;
    return axis < 0 || shape.dim(axis) == 1 ? 0 : shape.strides()[axis];
  }

  /** An int32 mask [B,T], of which 0 hides a key: {@code hidden} is added to its scores. */
  static Operand padding(Lowering lowering, int input, int keys, float hidden) {
    Slot mask = lowering.input(input);
    long count = lowering.fact(input).shape().elements();
    Slot floats = lowering.scratch(4 * count);
    lowering.emit(
        RangeStep.elements(
            "mask",
            count,
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                int kept = frame.segment(mask).get(Tensor.I32, frame.at(mask) + 4 * i);
                frame
                    .segment(floats)
                    .set(Tensor.F32, frame.at(floats) + 4 * i, kept == 0 ? hidden : 0);
              }
            }));
    return new Operand(floats, 0, keys, 0, 0);
  }

  private static Slot converted(Lowering lowering, Slot mask, long count) {
    Slot floats = lowering.scratch(4 * count);
    lowering.emit(
        RangeStep.elements(
            "mask",
            count,
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                boolean seen = frame.segment(mask).get(Tensor.I8, frame.at(mask) + i) != 0;
                frame
                    .segment(floats)
                    .set(Tensor.F32, frame.at(floats) + 4 * i, seen ? 0 : Float.NEGATIVE_INFINITY);
              }
            }));
    return floats;
  }
}
