package dev.lathe.op;

import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.pack.PanelsF32;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.plan.Step;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Packs right operands that are known only in the run, one matrix after the other, split over
 * panels.
 *
 * @param matrixStride elements between the matrices of the source
 */
record PackRhsStep(
    PanelsF32 layout,
    Slot src,
    Slot dst,
    int matrices,
    int taps,
    int k,
    int n,
    long matrixStride,
    long tapStride,
    long kStride,
    long nStride)
    implements Step {

  /** Rows of a panel that are written column by column before the next ones: fit in L1. */
  private static final int BLOCK = 64;

  /**
   * Emits the step.
   *
   * @param layout what the product's kernel wants
   * @return where the packed matrices are
   */
  static Slot emit(
      Lowering lowering,
      PackedLayout layout,
      Slot src,
      int matrices,
      int taps,
      int k,
      int n,
      long matrixStride,
      long tapStride,
      long kStride,
      long nStride) {
    if (!(layout instanceof PanelsF32 panels)) {
      throw new IllegalArgumentException("no packing in the run for " + layout.name());
    }
    Slot dst = lowering.scratch(panels.bytes(taps, k, n) * matrices);
    lowering.emit(
        new PackRhsStep(
            panels, src, dst, matrices, taps, k, n, matrixStride, tapStride, kStride, nStride));
    return dst;
  }

  private int panels() {
    return Math.ceilDiv(n, layout.nr());
  }

  @Override
  public int parts(int threads) {
    return Partition.parts((long) matrices * taps * k * n / 2, threads);
  }

  @Override
  public void run(Frame frame, int part, int parts) {
    long units = (long) matrices * panels();
    long end = units * (part + 1) / parts;
    long panelBytes = 4L * taps * k * layout.nr();
    for (long unit = units * part / parts; unit < end; unit++) {
      long matrix = unit / panels();
      int panel = (int) (unit - matrix * panels());
      long from = matrix * matrixStride + (long) panel * layout.nr() * nStride;
      long to = frame.at(dst) + matrix * layout.bytes(taps, k, n) + panel * panelBytes;
      int columns = Math.min(layout.nr(), n - panel * layout.nr());
      pack(frame.segment(src), frame.at(src) + 4 * from, columns, frame.segment(dst), to);
    }
  }

  private void pack(MemorySegment in, long inAt, int columns, MemorySegment out, long outAt) {
    long rowBytes = 4L * layout.nr();
    for (int t = 0; t < taps; t++) {
      long from = inAt + 4L * t * tapStride;
      long to = outAt + (long) t * k * rowBytes;
      if (nStride == 1) {
        for (int row = 0; row < k; row++) {
          MemorySegment.copy(in, from + 4L * row * kStride, out, to + row * rowBytes, 4L * columns);
        }
      } else {
        for (int row = 0; row < k; row += BLOCK) {
          int rows = Math.min(BLOCK, k - row);
          for (int column = 0; column < columns; column++) {
            long s = from + 4 * (row * kStride + column * nStride);
            Lines.copyWords(
                in, s, 4 * kStride, out, to + row * rowBytes + 4L * column, rowBytes, rows);
          }
        }
      }
      clear(out, to, columns);
    }
  }

  /** Writes the zeros past the last column. */
  private void clear(MemorySegment out, long at, int columns) {
    for (int row = 0; row < k && columns < layout.nr(); row++) {
      for (int column = columns; column < layout.nr(); column++) {
        out.set(Tensor.I32, at + 4L * (row * layout.nr() + column), 0);
      }
    }
  }

  @Override
  public String kernel() {
    return "pack " + layout.name();
  }
}
