package dev.lathe.kernel.pack;

import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The quads of {@link QuadsS8}, sorted by how AVX2 may add their products where that is faster.
 *
 * <p>vpmaddubsw multiplies unsigned by signed bytes and adds the products of two neighbours in an
 * int16. That is exact for every input when the positive weights of both add up to at most 128 and
 * the negative ones to at least -128, as 255 * 128 fits an int16; and so is the sum of such sums
 * over several quads of k, as long as that holds for all their weights. After the accumulation in
 * 16 bits of FBGEMM (Khudia et al., 2021), but nothing is clipped: what does not fit is marked.
 *
 * <pre>
 * [N/16][T]   head, in a multiple of 64 bytes
 *               uint16 [5]        runs of each kind, or 65535 first: the quads are in order
 *               uint16 [K/4]      which quads, by kind and run
 *             s8 [K/4][16][4]     quads in that order, then the last one when 4 does not divide K
 *
 * kinds       runs of 8, of 4 and of 2 quads whose weights fit an int16 together; quads that fit
 *             alone; quads that do not fit
 * </pre>
 *
 * <p>Sorted quads that are zero are left out.
 */
public record QuadRunsS8() implements PackedLayout {

  /** The longest run, then half of it and so on down to single quads. */
  private static final int LONGEST = 8;

  /** How many quads that are still free are tried as the next one of a run. */
  private static final int TRIES = 24;

  /** The kind of single quads that fit; the next and last one does not. */
  private static final int FITS = 3;

  private static final int KINDS = FITS + 2;

  /** The first number of a head whose quads are in order, and more quads than a tap may have. */
  private static final int IN_ORDER = 0xffff;

  /** What weights of one sign that go into an int16 may add up to. */
  private static final int MOST_WEIGHT = 128;

  /** int16 of the 16 columns of a quad. */
  private static final int PAIRS = 2 * QuadsS8.NR;

  /**
   * Time per quad of each kind, per tap and per tile of sorted quads, where a quad in order takes
   * 1; measured on AMD Zen 3. Which of both is faster changes no result.
   */
  private static final double[] QUAD_TIME = {0.42, 0.46, 0.52, 0.66, 1.25};

  private static final double TAP_TIME = 3;
  private static final double TILE_TIME = 4;

  /** Whether operands of so many rows have this layout. */
  public static boolean has(int k) {
    return Math.ceilDiv(k, QuadsS8.KR) < IN_ORDER;
  }

  @Override
  public String name() {
    return "s8 [N/16][T][5 + K/4, runs of K/4][16][4]";
  }

  @Override
  public long bytes(int taps, int k, int n) {
    return (long) Math.ceilDiv(n, QuadsS8.NR) * taps * tapBytes(k);
  }

  private static long tapBytes(int k) {
    return headBytes(k) + QuadsS8.tapBytes(k);
  }

  private static long headBytes(int k) {
    return Math.ceilDiv(2L * (KINDS + Math.ceilDiv(k, QuadsS8.KR)), 64L) * 64;
  }

  @Override
  public void pack(RhsView rhs, MemorySegment dst) {
    Group group = new Group(rhs.taps(), rhs.k());
    long bytes = bytes(rhs.taps(), rhs.k(), QuadsS8.NR);
    for (int n = 0; n < rhs.n(); n += QuadsS8.NR) {
      group.pack(
          new RhsView(
              rhs.data(),
              rhs.index(0, 0, n),
              rhs.taps(),
              rhs.k(),
              Math.min(QuadsS8.NR, rhs.n() - n),
              rhs.tapStride(),
              rhs.kStride(),
              rhs.nStride()),
          dst.asSlice(n / QuadsS8.NR * bytes, bytes));
    }
  }

  /** Leaves all quads in order. */
  @Override
  public void packInRun(RhsView rhs, MemorySegment dst) {
    if (rhs.taps() != 1 || rhs.nStride() != 1) {
      pack(rhs, dst);
      return;
    }
    long bytes = tapBytes(rhs.k());
    for (long at = 0; at < bytes(1, rhs.k(), rhs.n()); at += bytes) {
      dst.set(Tensor.I16, at, (short) IN_ORDER);
    }
    QuadsS8.packRows(rhs, dst, headBytes(rhs.k()), bytes);
  }

  /** Packs 16 columns after the other. */
  private static final class Group {
    private final int taps;
    private final int quads;

    /** Of a tap, the last, partial one left out. */
    private final int whole;

    /** [taps][quads][16]. */
    private final int[] inOrder;

    /**
     * [whole][32] of a tap: the sum of the positive weights that go into an int16, plus that of the
     * negative ones times -65536.
     */
    private final int[] sums;

    /** [taps][whole]: quads by kind and run. */
    private final short[] entries;

    /** [taps][KINDS]: runs. */
    private final int[] counts;

    /** Quads of a tap that are in no run yet. */
    private final boolean[] free;

    /** Of a run that is being collected: its sums and quads. */
    private final int[] run = new int[PAIRS];

    private final int[] members = new int[LONGEST];

    private final short[] head;
    private final int[] sorted;

    Group(int taps, int k) {
      this.taps = taps;
      this.quads = Math.ceilDiv(k, QuadsS8.KR);
      this.whole = k / QuadsS8.KR;
      this.inOrder = new int[Math.multiplyExact(taps * quads, QuadsS8.NR)];
      this.sums = new int[Math.multiplyExact(whole, PAIRS)];
      this.entries = new short[taps * whole];
      this.counts = new int[taps * KINDS];
      this.free = new boolean[whole];
      this.head = new short[(int) (headBytes(k) / 2)];
      this.sorted = new int[quads * QuadsS8.NR];
    }

    void pack(RhsView columns, MemorySegment dst) {
      new QuadsS8().pack(columns, MemorySegment.ofArray(inOrder));
      double time = TILE_TIME;
      for (int tap = 0; tap < taps; tap++) {
        sum(tap * quads);
        time += TAP_TIME + classify(tap);
      }
      long bytes = tapBytes(columns.k());
      for (int tap = 0; tap < taps; tap++) {
        Arrays.fill(head, (short) 0);
        if (time < (double) taps * whole) {
          sort(tap);
        } else {
          head[0] = (short) IN_ORDER;
          System.arraycopy(inOrder, tap * sorted.length, sorted, 0, sorted.length);
        }
        MemorySegment.copy(head, 0, dst, Tensor.I16, tap * bytes, head.length);
        long at = tap * bytes + headBytes(columns.k());
        MemorySegment.copy(sorted, 0, dst, Tensor.I32, at, sorted.length);
      }
    }

    private void sum(int firstQuad) {
      int from = firstQuad * QuadsS8.NR;
      for (int i = 0; i < whole * QuadsS8.NR; i++) {
        int quad = inOrder[from + i];
        sums[2 * i] = sum((byte) quad) + sum((byte) (quad >> 8));
        sums[2 * i + 1] = sum((byte) (quad >> 16)) + sum((byte) (quad >> 24));
      }
    }

    private static int sum(byte weight) {
      return weight >= 0 ? weight : -weight << 16;
    }

    /** Finds runs in a tap, the longest first, and the time they take. */
    private double classify(int tap) {
      int to = tap * whole;
      double time = 0;
      for (int quad = 0; quad < whole; quad++) {
        free[quad] = !isZero(quad);
      }
      for (int kind = 0; kind < KINDS; kind++) {
        int first = to;
        int length = kind < FITS ? LONGEST >> kind : 1;
        for (int quad = 0; quad < whole; quad++) {
          if (free[quad] && (kind == KINDS - 1 || collect(quad, length))) {
            members[0] = quad;
            for (int i = 0; i < length; i++) {
              free[members[i]] = false;
              entries[to++] = (short) members[i];
            }
          }
        }
        counts[tap * KINDS + kind] = (to - first) / length;
        time += (to - first) * QUAD_TIME[kind];
      }
      return time;
    }

    /** Whether {@code length} free quads from the first one on, the members, fit together. */
    private boolean collect(int first, int length) {
      Arrays.fill(run, 0);
      int count = 0;
      int tries = TRIES;
      for (int quad = first; quad < whole && tries > 0; quad++) {
        if (!free[quad]) {
          continue;
        }
        if (fits(quad)) {
          for (int i = 0; i < PAIRS; i++) {
            run[i] += sums[quad * PAIRS + i];
          }
          members[count++] = quad;
          if (count == length) {
            return true;
          }
        } else if (count == 0) {
          return false;
        }
        tries--;
      }
      return false;
    }

    /** Whether a quad fits an int16 together with the run. */
    private boolean fits(int quad) {
      for (int i = 0; i < PAIRS; i++) {
        int sum = run[i] + sums[quad * PAIRS + i];
        if ((sum & 0xffff) > MOST_WEIGHT || sum >>> 16 > MOST_WEIGHT) {
          return false;
        }
      }
      return true;
    }

    private boolean isZero(int quad) {
      for (int i = quad * PAIRS; i < (quad + 1) * PAIRS; i++) {
        if (sums[i] != 0) {
          return false;
        }
      }
      return true;
    }

    /** Makes head and quads of a tap. */
    private void sort(int tap) {
      int entry = KINDS;
      int to = 0;
      for (int kind = 0; kind < KINDS; kind++) {
        int runs = counts[tap * KINDS + kind];
        head[kind] = (short) runs;
        for (int i = runs * (kind < FITS ? LONGEST >> kind : 1); i > 0; i--) {
          short quad = entries[tap * whole + entry - KINDS];
          head[entry++] = quad;
          to = copy(tap * quads + Short.toUnsignedInt(quad), to);
        }
      }
      if (whole < quads) {
        to = copy(tap * quads + whole, to);
      }
      Arrays.fill(sorted, to, sorted.length, 0);
    }

    private int copy(int quad, int to) {
      System.arraycopy(inOrder, quad * QuadsS8.NR, sorted, to, QuadsS8.NR);
      return to + QuadsS8.NR;
    }
  }
}
