package dev.lathe.kernel.pack;

import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

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
    float[] row = new float[nr];
    long at = 0;
    for (int n = 0; n < rhs.n(); n += nr) {
      int columns = Math.min(nr, rhs.n() - n);
      Arrays.fill(row, 0);
      for (int t = 0; t < rhs.taps(); t++) {
        for (int k = 0; k < rhs.k(); k++, at += 4L * nr) {
          for (int column = 0; column < columns; column++) {
            row[column] = rhs.data().get(Tensor.I8, rhs.index(t, k, n + column));
          }
          MemorySegment.copy(row, 0, dst, Tensor.F32, at, nr);
        }
      }
    }
    dst.asSlice(at, bytes(rhs.taps(), rhs.k(), rhs.n()) - at).fill((byte) 0);
  }
}
