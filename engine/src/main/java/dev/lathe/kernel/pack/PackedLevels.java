package dev.lathe.kernel.pack;

import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Signed levels of 2, 4 or 8 bits in lanes of 32: consecutive k of one column share a lane, the
 * first in its highest bits, so that an arithmetic shift right makes an int32 of it, and a shift
 * left brings up the next.
 *
 * <pre>
 * s4 [N/16][K/8][16][8]      lane ((n / 16) * ceil(K / L) + k / L) * 16 + n % 16, L = 32 / bits,
 *                            holds k % L = 0 in bits 31..(32 - bits), k % L = 1 below it, and so on
 * </pre>
 *
 * <p>Past k and n the levels are zeros. They are packed from int8, of which the lowest bits count.
 *
 * @param bits 2, 4 or 8
 */
public record PackedLevels(int bits) implements PackedLayout {

  /** Columns of a group. */
  public static final int NR = 16;

  private static final int LANE_BYTES = 4;

  public PackedLevels {
    if (bits != 2 && bits != 4 && bits != 8) {
      throw new IllegalArgumentException("levels of " + bits + " bits");
    }
  }

  /** Levels that share a lane. */
  public int perLane() {
    return 32 / bits;
  }

  @Override
  public String name() {
    return "s" + bits + " [N/16][K/" + perLane() + "][16][" + perLane() + "]";
  }

  @Override
  public long bytes(int taps, int k, int n) {
    if (taps != 1) {
      throw new IllegalArgumentException(
          "levels are packed for products, not for " + taps + " taps");
    }
    return Math.ceilDiv(n, NR) * groupBytes(k);
  }

  /** Bytes of one group of 16 columns. */
  public long groupBytes(int k) {
    return (long) Math.ceilDiv(k, perLane()) * NR * LANE_BYTES;
  }

  /** Byte index of the lane that holds element (k, n) of B[depth][N]. */
  public long index(int depth, int k, int n) {
    return n / NR * groupBytes(depth) + ((long) (k / perLane()) * NR + n % NR) * LANE_BYTES;
  }

  @Override
  public void pack(RhsView rhs, MemorySegment dst) {
    int lanes = Math.ceilDiv(rhs.k(), perLane());
    int[] group = new int[lanes * NR];
    long at = 0;
    for (int n = 0; n < rhs.n(); n += NR) {
      for (int column = 0; column < NR; column++) {
        for (int lane = 0; lane < lanes; lane++) {
          group[lane * NR + column] = n + column < rhs.n() ? lane(rhs, lane, n + column) : 0;
        }
      }
      MemorySegment.copy(group, 0, dst, Tensor.I32, at, group.length);
      at += (long) LANE_BYTES * group.length;
    }
  }

  private int lane(RhsView rhs, int lane, int n) {
    int mask = (1 << bits) - 1;
    int word = 0;
    for (int i = 0; i < perLane(); i++) {
      int k = lane * perLane() + i;
      int level = k < rhs.k() ? rhs.data().get(Tensor.I8, rhs.index(0, k, n)) : 0;
      word = (word << bits) | (level & mask);
    }
    return word;
  }
}
