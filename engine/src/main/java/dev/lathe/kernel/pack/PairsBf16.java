package dev.lathe.kernel.pack;

import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.quant.Bfloat16;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * A float32 operand rounded to bf16, in groups of 16 columns whose rows of 64 bytes hold two k of
 * each: what tdpbf16ps reads. Taps end after whole steps of 32 k.
 *
 * <pre>
 * bf16 [N/16][T][K/32][16][16][2]
 *      element (t, k, n) lies at (((n / 16 * T + t) * K/32 * 16 + k / 2) * 16 + n % 16) * 2 + k % 2
 * </pre>
 *
 * <p>Columns past n and k past its end are zeros.
 */
public record PairsBf16() implements PackedLayout {

  /** Columns of a group. */
  public static final int NR = 16;

  /** Depth of a step. */
  public static final int STEP = 32;

  @Override
  public String name() {
    return "bf16 [N/16][T][K/32][16][16][2]";
  }

  @Override
  public long bytes(int taps, int k, int n) {
    return 2L * Math.ceilDiv(n, NR) * NR * taps * depth(k);
  }

  /** Element index of the packed form of B[t][k][n]. */
  public long index(int taps, int depth, int t, int k, int n) {
    long row = ((long) (n / NR) * taps + t) * (depth(depth) / 2) + k / 2;
    return (row * NR + n % NR) * 2 + k % 2;
  }

  /** k of a tap with its padding. */
  private static long depth(int k) {
    return (long) Math.ceilDiv(k, STEP) * STEP;
  }

  @Override
  public void pack(RhsView rhs, MemorySegment dst) {
    dst.asSlice(0, bytes(rhs.taps(), rhs.k(), rhs.n())).fill((byte) 0);
    float[] column = new float[Math.multiplyExact(rhs.taps(), rhs.k())];
    for (int n = 0; n < rhs.n(); n++) {
      rhs.readColumn(n, 0, rhs.k(), column, 0);
      for (int t = 0; t < rhs.taps(); t++) {
        long to = 2 * index(rhs.taps(), rhs.k(), t, 0, n);
        for (int k = 0; k < rhs.k(); k++) {
          short value = Bfloat16.of(column[k * rhs.taps() + t]);
          dst.set(Tensor.I16, to + 4L * NR * (k / 2) + 2L * (k % 2), value);
        }
      }
    }
  }
}
