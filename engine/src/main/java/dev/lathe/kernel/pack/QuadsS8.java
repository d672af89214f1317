package dev.lathe.kernel.pack;

import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

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
    if (rhs.taps() == 1 && rhs.nStride() == 1) {
      packRows(rhs, dst, 0, groupBytes(1, rhs.k()));
    } else {
      packColumns(rhs, dst);
    }
  }

  /**
   * A row lies contiguous in the source: four of them at a time, allocating nothing.
   *
   * @param first where the first group goes
   * @param stride bytes from a group to the next
   */
  static void packRows(RhsView rhs, MemorySegment dst, long first, long stride) {
    for (int n = 0; n < rhs.n(); n += NR) {
      long at = first + n / NR * stride;
      int columns = Math.min(NR, rhs.n() - n);
      for (int k = 0; k < rhs.k(); k += KR, at += QUAD_ROW) {
        int rows = Math.min(KR, rhs.k() - k);
        for (int column = 0; column < NR; column++) {
          int quad = 0;
          for (int row = 0; row < rows && column < columns; row++) {
            int element = rhs.data().get(Tensor.I8, rhs.index(0, k + row, n + column));
            quad |= (element & 0xff) << (8 * row);
          }
          dst.set(Tensor.I32, at + (long) KR * column, quad);
        }
      }
    }
  }

  /** Column by column on the heap, a group at a time. */
  private static void packColumns(RhsView rhs, MemorySegment dst) {
    int taps = rhs.taps();
    int quads = Math.ceilDiv(rhs.k(), KR);
    byte[] line = new byte[Math.multiplyExact(quads * KR, taps)]; // zeros after the last k
    int[] group = new int[Math.multiplyExact(taps * quads, NR)];
    for (int n = 0; n < rhs.n(); n += NR) {
      int columns = Math.min(NR, rhs.n() - n);
      if (columns < NR) {
        Arrays.fill(group, 0);
      }
      for (int column = 0; column < columns; column++) {
        rhs.readColumn(n + column, line);
        for (int t = 0; t < taps; t++) {
          packColumn(line, t, taps, quads, group, t * quads * NR + column);
        }
      }
      MemorySegment.copy(
          group, 0, dst, Tensor.I32, n / NR * groupBytes(taps, rhs.k()), group.length);
    }
  }

  /** Every fourth element, {@code taps} apart from {@code from} on, begins a quad. */
  private static void packColumn(
      byte[] line, int from, int taps, int quads, int[] group, int first) {
    for (int q = 0; q < quads; q++) {
      int at = from + q * KR * taps;
      group[first + q * NR] =
          (line[at] & 0xff)
              | ((line[at + taps] & 0xff) << 8)
              | ((line[at + 2 * taps] & 0xff) << 16)
              | (line[at + 3 * taps] << 24);
    }
  }
}
