package dev.lathe.op;

import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** Steps that write contents known at planning time. */
final class Fill {

  private static final int PATTERN_BYTES = 4096;

  private Fill() {}

  /**
   * Emits a step that fills elements with one value.
   *
   * @param from first element
   * @param bytes size of an element: 1, 2, 4 or 8
   * @param value its bits
   */
  static void emit(Lowering lowering, Slot dst, long from, long count, int bytes, long value) {
    MemorySegment pattern = lowering.allocate(PATTERN_BYTES);
    for (long at = 0; at < PATTERN_BYTES; at += bytes) {
      switch (bytes) {
        case 1 -> pattern.set(Tensor.I8, at, (byte) value);
        case 2 -> pattern.set(Tensor.I16, at, (short) value);
        case 4 -> pattern.set(Tensor.I32, at, (int) value);
        default -> pattern.set(Tensor.I64, at, value);
      }
    }
    lowering.emit(
        new RangeStep(
            "fill",
            count * bytes,
            PATTERN_BYTES,
            count * bytes / 16,
            (frame, first, end) -> {
              long base = frame.at(dst) + from * bytes;
              for (long at = first; at < end; at += PATTERN_BYTES) {
                long run = Math.min(PATTERN_BYTES, end - at);
                MemorySegment.copy(pattern, 0, frame.segment(dst), base + at, run);
              }
            }));
  }

  /** Emits a step that writes a whole tensor. */
  static void emit(Lowering lowering, Slot dst, Tensor value) {
    long bytes = value.data().byteSize();
    MemorySegment source = lowering.allocate(Math.max(1, bytes));
    MemorySegment.copy(value.data(), 0, source, 0, bytes);
    lowering.emit(
        new RangeStep(
            "constant",
            bytes,
            RangeStep.CACHE_LINE_GRAIN,
            bytes / 16,
            (frame, from, to) ->
                MemorySegment.copy(
                    source, from, frame.segment(dst), frame.at(dst) + from, to - from)));
  }

  /** Emits steps that write the outputs of a node whose inference already computed them. */
  static void emitKnown(Lowering lowering) {
    for (int i = 0; i < lowering.node().outputs().size(); i++) {
      if (lowering.isUsed(i)) {
        emit(lowering, lowering.output(i), Objects.requireNonNull(lowering.outputFact(i).value()));
      }
    }
  }

  /** The bits of element 0, as {@link #emit} takes them. */
  static long bits(Tensor value) {
    return switch (value.dtype().bits()) {
      case 8 -> value.data().get(Tensor.I8, 0);
      case 16 -> value.data().get(Tensor.I16, 0);
      case 32 -> value.data().get(Tensor.I32, 0);
      default -> value.data().get(Tensor.I64, 0);
    };
  }
}
