package dev.lathe.op;

import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import dev.lathe.plan.Step;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Packs 8-bit right operands [matrices][k][n] that are known only in the run, and sums their
 * columns.
 *
 * @param signed working memory of the operand's size for uint8 values minus 128; the operand itself
 *     when it is int8
 * @param packed {@code packedBytes} per matrix
 * @param columnSums int32 [matrices][n]
 */
record PackBytesStep(
    PackedLayout layout,
    Slot src,
    Slot signed,
    Slot packed,
    Slot columnSums,
    int matrices,
    int k,
    int n,
    long packedBytes)
    implements Step {

  @Override
  public int parts(int threads) {
    return Math.clamp(matrices, 1, threads);
  }

  @Override
  public void run(Frame frame, int part, int parts) {
    int end = (int) ((long) matrices * (part + 1) / parts);
    for (int i = (int) ((long) matrices * part / parts); i < end; i++) {
      long base = (long) i * k * n;
      MemorySegment values = frame.segment(signed);
      long at = frame.at(signed) + base;
      if (!signed.equals(src)) {
        ByteShiftStep.flip(frame.segment(src), frame.at(src) + base, values, at, (long) k * n);
      }
      layout.packInRun(
          new RhsView(values, at, 1, k, n, 0, n, 1),
          frame.segment(packed).asSlice(frame.at(packed) + i * packedBytes, packedBytes));
      sum(values, at, frame.segment(columnSums), frame.at(columnSums) + 4L * i * n);
    }
  }

  private void sum(MemorySegment values, long at, MemorySegment sums, long sumsAt) {
    sums.asSlice(sumsAt, 4L * n).fill((byte) 0);
    for (int p = 0; p < k; p++) {
      for (int j = 0; j < n; j++) {
        long to = sumsAt + 4L * j;
        int sum = sums.get(Tensor.I32, to) + values.get(Tensor.I8, at + (long) p * n + j);
        sums.set(Tensor.I32, to, sum);
      }
    }
  }

  @Override
  public String kernel() {
    return "pack " + layout.name();
  }
}
