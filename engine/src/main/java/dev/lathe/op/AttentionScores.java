package dev.lathe.op;

import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.RowsF32;
import dev.lathe.kernel.UnaryF32;
import dev.lathe.op.AttentionShape.Operand;
import dev.lathe.op.AttentionShape.Stage;
import dev.lathe.op.AttentionShape.Weighting;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Turns blocks of scores [rows][keys] into weights in place: {@code softmax(cap(scale * s +
 * mask))}. Keys a causal row does not see get the weight 0 without being computed, unless a cap or
 * a stored stage makes their scores matter.
 */
final class AttentionScores {

  private final AttentionShape shape;
  private final Weighting weighting;
  private final BinaryF32 binary;
  private final UnaryF32 unary;
  private final RowsF32 rows;
  private final MemorySegment factors;

  AttentionScores(Lowering lowering, AttentionShape shape, Weighting weighting) {
    this.shape = shape;
    this.weighting = weighting;
    binary = lowering.kernels().pick(BinaryF32.class);
    unary = lowering.kernels().pick(UnaryF32.class);
    rows = lowering.kernels().pick(RowsF32.class);
    factors = lowering.allocate(3L * Float.BYTES);
    factors.set(Tensor.F32, 0, weighting.scale());
    factors.set(Tensor.F32, 4, 1 / weighting.softcap());
    factors.set(Tensor.F32, 8, weighting.softcap());
  }

  /** Whether hidden keys' scores are wanted, too. */
  private boolean isWhole() {
    return weighting.trace() != null;
  }

  /** How many keys a row of queries sees. */
  private int visible(int row) {
    return weighting.isCausal()
        ? Math.clamp((long) row + weighting.causalOffset() + 1, 0, shape.keys())
        : shape.keys();
  }

  /** Leading keys whose scores are needed for rows before {@code rowEnd}. */
  int needed(int rowEnd) {
    return isWhole() ? shape.keys() : visible(rowEnd - 1);
  }

  /**
   * Weighs {@code count} rows of scores of one head.
   *
   * @param row the first row's position among the queries
   */
  void weigh(Frame frame, MemorySegment scores, long at, int b, int head, int row, int count) {
    int keys = shape.keys();
    if (!weighting.isCausal()) {
      weigh(frame, scores, at, b, head, row, count, keys);
      return;
    }
    for (int r = 0; r < count; r++) {
      int seen = visible(row + r);
      long rowAt = at + 4L * r * keys;
      if (isWhole()) {
        weigh(frame, scores, rowAt, b, head, row + r, 1, seen);
      } else {
        scale(scores, rowAt, seen);
        cap(scores, rowAt, seen);
        mask(frame, scores, rowAt, b, head, row + r, seen);
        softmax(scores, rowAt, seen, 1);
        fill(scores, rowAt, seen, keys, 0);
      }
    }
  }

  /** All stages over whole rows, of each of which {@code seen} keys are not hidden. */
  private void weigh(
      Frame frame, MemorySegment scores, long at, int b, int head, int row, int count, int seen) {
    int keys = shape.keys();
    long elements = (long) count * keys;
    scale(scores, at, elements);
    trace(Stage.SCALED, frame, scores, at, b, head, row, elements);
    cap(scores, at, elements);
    trace(Stage.CAPPED, frame, scores, at, b, head, row, elements);
    for (int r = 0; r < count; r++) {
      mask(frame, scores, at + 4L * r * keys, b, head, row + r, keys);
      fill(scores, at + 4L * r * keys, seen, keys, Float.NEGATIVE_INFINITY);
    }
    trace(Stage.MASKED, frame, scores, at, b, head, row, elements);
    softmax(scores, at, keys, count);
    trace(Stage.NORMALIZED, frame, scores, at, b, head, row, elements);
  }

  private void scale(MemorySegment scores, long at, long count) {
    if (weighting.scale() != 1) {
      multiply(scores, at, 0, count);
    }
  }

  private void cap(MemorySegment scores, long at, long count) {
    if (weighting.softcap() != 0) {
      multiply(scores, at, 4, count);
      unary.run(UnaryF32.Function.TANH, 0, 0, scores, at, scores, at, count);
      multiply(scores, at, 8, count);
    }
  }

  private void multiply(MemorySegment scores, long at, long factor, long count) {
    binary.run(BinaryF32.Function.MUL, scores, at, 1, factors, factor, 0, scores, at, count);
  }

  /** Adds the mask to one row. */
  private void mask(
      Frame frame, MemorySegment scores, long at, int b, int head, int row, int count) {
    Operand mask = weighting.mask();
    if (mask != null) {
      long from = frame.at(mask.slot()) + 4 * (mask.at(b, head) + row * mask.rowStride());
      binary.run(
          BinaryF32.Function.ADD,
          scores,
          at,
          1,
          frame.segment(mask.slot()),
          from,
          1,
          scores,
          at,
          count);
    }
  }

  private void softmax(MemorySegment scores, long at, int length, int count) {
    rows.run(RowsF32.Function.SOFTMAX, 0, null, null, scores, at, scores, at, length, count);
  }

  private static void fill(MemorySegment row, long at, int from, int to, float value) {
    for (int i = from; i < to; i++) {
      row.set(Tensor.F32, at + 4L * i, value);
    }
  }

  private void trace(
      Stage stage,
      Frame frame,
      MemorySegment scores,
      long at,
      int b,
      int head,
      int row,
      long count) {
    dev.lathe.plan.Slot trace = weighting.trace();
    if (trace != null && weighting.traced() == stage) {
      long to = (((long) b * shape.heads() + head) * shape.queries() + row) * shape.keys();
      MemorySegment.copy(scores, at, frame.segment(trace), frame.at(trace) + 4 * to, 4 * count);
    }
  }

  String kernelName() {
    return rows.name().toString();
  }
}
