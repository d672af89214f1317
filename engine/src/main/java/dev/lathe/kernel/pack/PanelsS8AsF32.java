package dev.lathe.kernel.pack;

import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * int8 weights stored as float32 in the panels of {@link PanelsF32}: what an integer product on
 * fp32 registers reads without unpacking, at four bytes per weight.
 *
 * <pre>
 * f32 [N/nr][T*K][nr]     element (t, k, n) lies at ((n / nr) * T * K + t * K + k) * nr + n % nr
 * </pre>
 *
 * @param nr columns of a panel
 */
public record PanelsS8AsF32(int nr) implements PackedLayout {

  @Override
  public String name() {
    return "s8 as f32 [N/" + nr + "][T*K][" + nr + "]";
  }

  @Override
  public long bytes(int taps, int k, int n) {
    return new PanelsF32(nr).bytes(taps, k, n);
  }

  @Override
  public void pack(RhsView rhs, MemorySegment dst) {
    int depth = Math.multiplyExact(rhs.taps(), rhs.k());
    long panelBytes = 4L * nr * depth;
    byte[] line = new byte[rhs.nStride() == 1 ? 0 : depth];
    long at = 0;
    for (int n = 0; n < rhs.n(); n += nr, at += panelBytes) {
      int columns = Math.min(nr, rhs.n() - n);
      MemorySegment to = dst.asSlice(at, panelBytes);
      if (columns < nr) {
        to.fill((byte) 0);
      }
      if (rhs.nStride() == 1) {
        packRows(rhs, n, columns, to);
      } else {
        packColumns(rhs, n, columns, line, to);
      }
    }
    dst.asSlice(at, bytes(rhs.taps(), rhs.k(), rhs.n()) - at).fill((byte) 0);
  }

  /** A row of a panel lies contiguous in the source. */
  private void packRows(RhsView rhs, int n, int columns, MemorySegment to) {
    long at = 0;
    for (int t = 0; t < rhs.taps(); t++) {
      for (int k = 0; k < rhs.k(); k++, at += 4L * nr) {
        long from = rhs.index(t, k, n);
        for (int column = 0; column < columns; column++) {
          to.set(Tensor.F32, at + 4L * column, rhs.data().get(Tensor.I8, from + column));
        }
      }
    }
  }

  private void packColumns(RhsView rhs, int n, int columns, byte[] line, MemorySegment to) {
    for (int column = 0; column < columns; column++) {
      rhs.readColumn(n + column, line);
      long at = 4L * column;
      for (int t = 0; t < rhs.taps(); t++) {
        for (int k = 0; k < rhs.k(); k++, at += 4L * nr) {
          to.set(Tensor.F32, at, line[k * rhs.taps() + t]);
        }
      }
    }
  }
}
