package dev.lathe.kernel.pack;

import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RhsView;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * int8 columns in groups of 16, four consecutive k of a column side by side: what a dot product of
 * four bytes per 32-bit lane reads in one 64-byte load, and an AMX tile in 16 of them.
 *
 * <pre>
 * s8 [N/16][T][K/4][16][4]    element (t, k, n) lies at
 *                             ((n / 16 * T + t) * ceil(K / 4) + k / 4) * 64 + n % 16 * 4 + k % 4
 * </pre>
 *
 * <p>Within each tap k is padded to a multiple of 4, and n to a multiple of 16, with zeros. The
 * elements are int8 and are copied as they are: uint8 weights have to be made int8 (minus 128)
 * before.
 */
public record QuadsS8() implements PackedLayout {

  /** Columns of a group. */
  public static final int NR = 16;

  /** Consecutive k of one column that lie side by side. */
  public static final int KR = 4;

  private static final int QUAD_ROW = NR * KR;

  @Override
  public String name() {
    return "s8 [N/16][T][K/4][16][4]";
  }

  @Override
  public long bytes(int taps, int k, int n) {
    return Math.ceilDiv(n, NR) * groupBytes(taps, k);
  }

  /** Bytes of one group of 16 columns. */
  public static long groupBytes(int taps, int k) {
    return taps * tapBytes(k);
  }

  /** Bytes of one tap of a group of columns. */
  public static long tapBytes(int k) {
    return (long) Math.ceilDiv(k, KR) * QUAD_ROW;
  }

  /** Byte index of element (t, kk, n) in the packed form of B[taps][k][N]. */
  public static long index(int taps, int k, int t, int kk, int n) {
    return n / NR * groupBytes(taps, k)
        + t * tapBytes(k)
        + (long) (kk / KR) * QUAD_ROW
        + (n % NR) * (long) KR
        + kk % KR;
  }

  @Override
  public void pack(RhsView rhs, MemorySegment dst) {
    byte[] tap = new byte[Math.toIntExact(tapBytes(rhs.k()))];
    long at = 0;
    for (int n = 0; n < rhs.n(); n += NR) {
      int columns = Math.min(NR, rhs.n() - n);
      for (int t = 0; t < rhs.taps(); t++) {
        for (int column = 0; column < columns; column++) {
          for (int k = 0; k < rhs.k(); k++) {
            tap[k / KR * QUAD_ROW + column * KR + k % KR] =
                rhs.data().get(ValueLayout.JAVA_BYTE, rhs.index(t, k, n + column));
          }
        }
        for (int column = columns; column < NR; column++) {
          for (int k = 0; k < rhs.k(); k++) {
            tap[k / KR * QUAD_ROW + column * KR + k % KR] = 0;
          }
        }
        MemorySegment.copy(tap, 0, dst, ValueLayout.JAVA_BYTE, at, tap.length);
        at += tap.length;
      }
    }
  }
}
