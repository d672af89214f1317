package dev.lathe.kernel.pack;

import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SignsF32;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Signs of float32 weights, one bit each, set where a weight is negative: the columns in groups of
 * {@code nr}, of which consecutive k share a lane.
 *
 * <pre>
 * b1 [N/nr][T*K/bits][nr][bits]     lane (n / nr * T * L + t * L + k / bits) * nr + n % nr, where
 *                                   L = ceil(K / 32) * 32 / bits, holds k in its bit k % bits
 * </pre>
 *
 * <p>Past k and n the bits are zeros.
 *
 * @param nr columns of a group
 * @param bits of a lane, 8 or 32
 */
public record SignPanels(int nr, int bits) implements PackedLayout {

  private static final int LINE = 64;

  public SignPanels {
    if (nr < 1 || (bits != 8 && bits != 32)) {
      throw new IllegalArgumentException("groups of " + nr + " lanes of " + bits + " bits");
    }
  }

  @Override
  public String name() {
    return "b1 [N/" + nr + "][T*K/" + bits + "][" + nr + "][" + bits + "]";
  }

  /** Lanes of a column for each tap. */
  public int lanes(int k) {
    return SignsF32.words(k) * SignsF32.WORD / bits;
  }

  /** Bytes of one group of columns. */
  public long groupBytes(int taps, int k) {
    return (long) taps * lanes(k) * nr * (bits / Byte.SIZE);
  }

  @Override
  public long bytes(int taps, int k, int n) {
    return Math.ceilDiv(Math.ceilDiv(n, nr) * groupBytes(taps, k), LINE) * LINE;
  }

  /** Byte index of the lane of B[taps][depth][N] that holds element (t, k, n). */
  public long index(int taps, int depth, int t, int k, int n) {
    long lane = ((long) t * lanes(depth) + k / bits) * nr + n % nr;
    return n / nr * groupBytes(taps, depth) + lane * (bits / Byte.SIZE);
  }

  @Override
  public void pack(RhsView rhs, MemorySegment dst) {
    dst.asSlice(0, bytes(rhs.taps(), rhs.k(), rhs.n())).fill((byte) 0);
    for (int n = 0; n < rhs.n(); n++) {
      for (int t = 0; t < rhs.taps(); t++) {
        for (int k = 0; k < rhs.k(); k += Byte.SIZE) {
          int signs = 0;
          for (int i = 0; i < Math.min(Byte.SIZE, rhs.k() - k); i++) {
            boolean negative = rhs.data().get(Tensor.F32, 4 * rhs.index(t, k + i, n)) < 0;
            signs |= negative ? 1 << i : 0;
          }
          long lane = index(rhs.taps(), rhs.k(), t, k, n);
          dst.set(Tensor.I8, lane + k % bits / Byte.SIZE, (byte) signs);
        }
      }
    }
  }
}
