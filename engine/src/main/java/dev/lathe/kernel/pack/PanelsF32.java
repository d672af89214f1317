package dev.lathe.kernel.pack;

import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * fp32 panels: the columns in groups of {@code nr}, each group's rows one after the other, so that
 * a register tile reads its right operand from front to back.
 *
 * <pre>
 * f32 [N/nr][T*K][nr]     element (t, k, n) lies at ((n / nr) * T * K + t * K + k) * nr + n % nr
 * </pre>
 *
 * <p>The columns past n in the last group, and the bytes up to the next multiple of 64, are zeros.
 *
 * @param nr columns of a panel
 */
public record PanelsF32(int nr) implements PackedLayout {

  /** Elements that are gathered on the heap before they go to their panel in runs. */
  private static final int STAGE = 8192;

  /** Floats of a cache line. */
  private static final int LINE = 16;

  public PanelsF32 {
    if (nr < 1) {
      throw new IllegalArgumentException("a panel of " + nr + " columns");
    }
  }

  @Override
  public String name() {
    return "f32 [N/" + nr + "][T*K][" + nr + "]";
  }

  @Override
  public long bytes(int taps, int k, int n) {
    return Math.ceilDiv(4L * panels(n) * nr * taps * k, 64L) * 64;
  }

  @Override
  public void pack(RhsView rhs, MemorySegment dst) {
    int depth = Math.multiplyExact(rhs.taps(), rhs.k());
    for (int panel = 0; panel < panels(rhs.n()); panel++) {
      MemorySegment to = dst.asSlice(4L * panel * depth * nr, 4L * depth * nr);
      int n = panel * nr;
      int columns = Math.min(nr, rhs.n() - n);
      if (rhs.nStride() == 1) {
        packRows(rhs, n, columns, to);
      } else if (rhs.taps() == 1 && rhs.kStride() == 1) {
        packLines(rhs, n, columns, to);
      } else {
        packColumns(rhs, n, columns, to);
      }
    }
    long end = 4L * panels(rhs.n()) * depth * nr;
    dst.asSlice(end, bytes(rhs.taps(), rhs.k(), rhs.n()) - end).fill((byte) 0);
  }

  /**
   * Element index of the packed form's element in row {@code row} (t * K + k) and column {@code n}.
   */
  public long index(int depth, int row, int n) {
    return ((long) (n / nr) * depth + row) * nr + n % nr;
  }

  private int panels(int n) {
    return Math.ceilDiv(n, nr);
  }

  /** A row of a panel lies contiguous in the source. */
  private void packRows(RhsView rhs, int n, int columns, MemorySegment to) {
    long at = 0;
    for (int t = 0; t < rhs.taps(); t++) {
      for (int k = 0; k < rhs.k(); k++) {
        MemorySegment.copy(rhs.data(), 4 * rhs.index(t, k, n), to, at, 4L * columns);
        if (columns < nr) {
          to.asSlice(at + 4L * columns, 4L * (nr - columns)).fill((byte) 0);
        }
        at += 4L * nr;
      }
    }
  }

  /**
   * A column of a panel lies contiguous in the source: some cache lines of every column in turn,
   * without a stage, so that nothing is allocated.
   */
  private void packLines(RhsView rhs, int n, int columns, MemorySegment to) {
    MemorySegment from = rhs.data();
    if (columns < nr) {
      to.fill((byte) 0);
    }
    for (int k = 0; k < rhs.k(); k += LINE) {
      int rows = Math.min(LINE, rhs.k() - k);
      for (int column = 0; column < columns; column++) {
        long source = 4 * rhs.index(0, k, n + column);
        long target = 4L * ((long) k * nr + column);
        for (int row = 0; row < rows; row++) {
          to.set(Tensor.F32, target + 4L * row * nr, from.get(Tensor.F32, source + 4L * row));
        }
      }
    }
  }

  /**
   * Goes through the source column by column, some k at a time, so that every cache line of the
   * source is used up before it leaves the cache.
   */
  private void packColumns(RhsView rhs, int n, int columns, MemorySegment to) {
    int block = Math.clamp(STAGE / ((long) nr * rhs.taps()), 1, Math.max(1, rhs.k()));
    float[] line = new float[block * rhs.taps()];
    float[] stage = new float[line.length * nr];
    for (int k = 0; k < rhs.k(); k += block) {
      int rows = Math.min(block, rhs.k() - k);
      Arrays.fill(stage, 0);
      for (int column = 0; column < columns; column++) {
        rhs.readColumn(n + column, k, rows, line, 0);
        for (int t = 0; t < rhs.taps(); t++) {
          int at = t * block * nr + column;
          for (int row = 0; row < rows; row++) {
            stage[at + row * nr] = line[row * rhs.taps() + t];
          }
        }
      }
      for (int t = 0; t < rhs.taps(); t++) {
        long at = 4L * nr * ((long) t * rhs.k() + k);
        MemorySegment.copy(stage, t * block * nr, to, Tensor.F32, at, rows * nr);
      }
    }
  }
}
