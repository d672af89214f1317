package dev.lathe.op;

import dev.lathe.op.AttentionShape.Operand;
import dev.lathe.plan.Lowering;

/** Moves keys and values into the layout that is handed on from run to run. */
final class KeyValueCache {

  private KeyValueCache() {}

  /** Copies rows [0, rows) of every batch entry and head to rows [to, to + rows). */
  static void copy(
      Lowering lowering,
      AttentionShape shape,
      Operand src,
      Operand dst,
      long to,
      long rows,
      int width) {
    StridedCopy.emit(
        lowering,
        "append keys and values",
        Float.BYTES,
        new long[] {shape.batch(), shape.keyHeads(), rows, width},
        src.slot(),
        src.base(),
        new long[] {src.batchStride(), src.headStride(), src.rowStride(), 1},
        dst.slot(),
        dst.base() + to * dst.rowStride(),
        new long[] {dst.batchStride(), dst.headStride(), dst.rowStride(), 1});
  }
}
