package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** What the Scatter operators do where an update meets an element. */
enum ScatterReduction {
  NONE,
  ADD,
  MUL,
  MIN,
  MAX;

  /** The reduction attribute of a node whose data is input 0. */
  static ScatterReduction of(Inference inference) {
    Node node = inference.node();
    String name = node.textAttribute("reduction", "none");
    ScatterReduction reduction =
        switch (name) {
          case "none" -> NONE;
          case "add" -> ADD;
          case "mul" -> MUL;
          case "min" -> MIN;
          case "max" -> MAX;
          default ->
              throw Checks.unsupported(
                  node, "reduction is '" + name + "'", "none, add, mul, min, max");
        };
    if (reduction != NONE) {
      Checks.requireArithmetic(inference, 0);
    }
    return reduction;
  }

  /** Combines {@code count} contiguous elements of the updates into those of the destination. */
  void apply(DType type, MemorySegment src, long srcAt, MemorySegment dst, long dstAt, long count) {
    if (this == NONE) {
      MemorySegment.copy(src, srcAt, dst, dstAt, type.bytesFor(count));
      return;
    }
    int bytes = type.bits() / 8;
    for (long at = 0; at < count * bytes; at += bytes) {
      apply(type, src, srcAt + at, dst, dstAt + at);
    }
  }

  /** Combines one element. */
  void apply(DType type, MemorySegment src, long srcAt, MemorySegment dst, long dstAt) {
    if (this == NONE) {
      Elements.move(type.bits() / 8, src, srcAt, dst, dstAt);
    } else if (type == DType.FLOAT32) {
      double combined = real(dst.get(Tensor.F32, dstAt), src.get(Tensor.F32, srcAt));
      dst.set(Tensor.F32, dstAt, (float) combined);
    } else if (type.isFloat()) {
      double old = Elements.getDouble(type, dst, dstAt, 0);
      double update = Elements.getDouble(type, src, srcAt, 0);
      Elements.putDouble(type, dst, dstAt, 0, real(old, update));
    } else {
      long flip = type == DType.UINT64 ? Long.MIN_VALUE : 0;
      long old = Elements.getLong(type, dst, dstAt, 0);
      long update = Elements.getLong(type, src, srcAt, 0);
      Elements.putLong(type, dst, dstAt, 0, whole(old, update, flip));
    }
  }

  private double real(double old, double update) {
    return switch (this) {
      case NONE -> update;
      case ADD -> old + update;
      case MUL -> old * update;
      case MIN -> Math.min(old, update);
      case MAX -> Math.max(old, update);
    };
  }

  private long whole(long old, long update, long flip) {
    return switch (this) {
      case NONE -> update;
      case ADD -> old + update;
      case MUL -> old * update;
      case MIN -> Math.min(old ^ flip, update ^ flip) ^ flip;
      case MAX -> Math.max(old ^ flip, update ^ flip) ^ flip;
    };
  }

  /** Emits the copy of the data that updates are scattered into. */
  static void emitCopy(Lowering lowering) {
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    long bytes = src.fact().dtype().bytesFor(src.fact().shape().elements());
    lowering.emit(
        new RangeStep(
            "copy",
            bytes,
            RangeStep.CACHE_LINE_GRAIN,
            bytes / 16,
            (frame, from, to) -> copy(frame, src, dst, from, to)));
  }

  private static void copy(Frame frame, Slot src, Slot dst, long from, long to) {
    MemorySegment.copy(
        frame.segment(src),
        frame.at(src) + from,
        frame.segment(dst),
        frame.at(dst) + from,
        to - from);
  }
}
