package dev.lathe.op;

import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.RhsView;
import dev.lathe.op.AttentionShape.Operand;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.plan.Step;
import java.lang.foreign.MemorySegment;

/**
 * Scaled dot-product attention in one step: {@code softmax(scale * Q K^T + mask) V}.
 *
 * <pre>
 * for a head                     its keys and values are packed, in whatever layout they come
 *   for a block of queries       scores [block][keys] stay in cache
 *     scores = Q K^T             one product
 *     weights = softmax(scores)  in place
 *     result = weights V         one product, stored where the result's layout wants it
 * </pre>
 *
 * <p>Nothing is transposed and the scores of all queries never exist at once. Query heads that
 * share keys follow each other and pack them once.
 */
final class AttentionStep implements Step {

  /** Floats of a block of scores: a part of L2. */
  private static final int BLOCK = 1 << 15;

  private final AttentionShape shape;
  private final Operand query;
  private final Operand key;
  private final Operand value;
  private final Operand result;
  private final GemmF32 kernel;
  private final GemmShape scoreShape;
  private final GemmShape resultShape;
  private final AttentionScores scores;
  private final int block;
  private final Slot work;
  private final long keyBytes;
  private final long valueBytes;
  private final long partBytes;

  private AttentionStep(
      Lowering lowering,
      AttentionShape shape,
      AttentionShape.Weighting weighting,
      Operand query,
      Operand key,
      Operand value,
      Operand result) {
    this.shape = shape;
    this.query = query;
    this.key = key;
    this.value = value;
    this.result = result;
    kernel = lowering.kernels().pick(GemmF32.class);
    scores = new AttentionScores(lowering, shape, weighting);
    int tile = 8 * kernel.mr();
    block =
        Math.min(shape.queries(), Math.max(tile, BLOCK / Math.max(1, shape.keys()) / tile * tile));
    scoreShape =
        GemmShape.product(block, shape.keys(), shape.headSize(), query.rowStride(), shape.keys());
    resultShape =
        GemmShape.product(block, shape.valueSize(), shape.keys(), shape.keys(), result.rowStride());
    keyBytes = kernel.rhsLayout().bytes(1, shape.headSize(), shape.keys());
    valueBytes = kernel.rhsLayout().bytes(1, shape.keys(), shape.valueSize());
    long scoreBytes = Math.ceilDiv(4L * block * shape.keys(), 64L) * 64;
    partBytes = keyBytes + valueBytes + scoreBytes;
    work = lowering.scratch(partBytes * parts(lowering.threads()));
  }

  /** Emits the step; nothing when the result is empty. */
  static void emit(
      Lowering lowering,
      AttentionShape shape,
      AttentionShape.Weighting weighting,
      Operand query,
      Operand key,
      Operand value,
      Operand result) {
    if (shape.batch() > 0 && shape.heads() > 0 && shape.queries() > 0 && shape.valueSize() > 0) {
      lowering.emit(new AttentionStep(lowering, shape, weighting, query, key, value, result));
    }
  }

  @Override
  public int parts(int threads) {
    return Math.min(shape.batch() * shape.heads(), Partition.parts(shape.macs() / 16, threads));
  }

  @Override
  public void run(Frame frame, int part, int parts) {
    MemorySegment memory = frame.segment(work);
    long keysAt = frame.at(work) + part * partBytes;
    long units = (long) shape.batch() * shape.heads();
    int end = (int) Partition.bound(units, 1, part + 1, parts);
    int packed = -1;
    for (int unit = (int) Partition.bound(units, 1, part, parts); unit < end; unit++) {
      int b = unit / shape.heads();
      int head = unit - b * shape.heads();
      int shared = unit / shape.group();
      if (shared != packed) {
        pack(frame, b, head / shape.group(), memory, keysAt);
        packed = shared;
      }
      head(frame, b, head, memory, keysAt);
    }
  }

  private void pack(Frame frame, int b, int head, MemorySegment memory, long at) {
    RhsView keys =
        new RhsView(
            frame.segment(key.slot()),
            frame.at(key.slot()) / 4 + key.at(b, head),
            1,
            shape.headSize(),
            shape.keys(),
            0,
            1,
            key.rowStride());
    kernel.rhsLayout().pack(keys, memory.asSlice(at, keyBytes));
    RhsView values =
        new RhsView(
            frame.segment(value.slot()),
            frame.at(value.slot()) / 4 + value.at(b, head),
            1,
            shape.keys(),
            shape.valueSize(),
            0,
            value.rowStride(),
            1);
    kernel.rhsLayout().pack(values, memory.asSlice(at + keyBytes, valueBytes));
  }

  private void head(Frame frame, int b, int head, MemorySegment memory, long keysAt) {
    long valuesAt = keysAt + keyBytes;
    long scoresAt = valuesAt + valueBytes;
    for (int row = 0; row < shape.queries(); row += block) {
      int count = Math.min(block, shape.queries() - row);
      product(
          scoreShape,
          frame.segment(query.slot()),
          frame.at(query.slot()) + 4 * (query.at(b, head) + row * query.rowStride()),
          memory,
          keysAt,
          memory,
          scoresAt,
          count,
          scores.needed(row + count));
      scores.weigh(frame, memory, scoresAt, b, head, row, count);
      product(
          resultShape,
          memory,
          scoresAt,
          memory,
          valuesAt,
          frame.segment(result.slot()),
          frame.at(result.slot()) + 4 * (result.at(b, head) + row * result.rowStride()),
          count,
          shape.valueSize());
    }
  }

  private void product(
      GemmShape geometry,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      long rhsAt,
      MemorySegment dst,
      long dstAt,
      int rows,
      int columns) {
    kernel.run(
        geometry,
        FloatEpilogue.NONE,
        lhs,
        lhsAt,
        rhs,
        rhsAt,
        null,
        null,
        0,
        dst,
        dstAt,
        0,
        rows,
        0,
        columns);
  }

  @Override
  public String kernel() {
    return kernel.name() + " + " + scores.kernelName();
  }
}
