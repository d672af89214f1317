package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I64;
import static jdk.incubator.vector.VectorOperators.FMA;

import dev.lathe.cpu.Isa;
import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link TilesF32} in registers, two vectors wide.
 *
 * <pre>
 *              b0         b1                  a row of the panel: 2 loads per k
 *   a0     [  c00  ]  [  c01  ]
 *   a1     [  c10  ]  [  c11  ]               each a: one broadcast per k
 *   ..        ..         ..
 * registers: 8x2 accumulators + 2 b + 8 a of 32 (512 bits), all broadcasts lifted
 *            5x2 accumulators + 2 b + 2 a of 16 (256 bits), see below
 *            6x2 accumulators + 2 b + 6 a (128 bits): for the 32 of NEON
 *            wide: 1x8 accumulators + 1 a + 1 b of 16
 * range: any float32; one rounding per step
 * instruction: vfmadd231ps with a broadcast or register operand; fmla
 * </pre>
 *
 * <p>Masked by ADDRESS, an address is known to be within ALL, and no check is left. C2 spills an
 * accumulator, whose chain through memory then takes thrice the time of all others, unless
 *
 * <ul>
 *   <li>the step of a loop over k is an argument: a constant one is unrolled and its loads lifted;
 *   <li>offsets are ints: others are no part of an operand's address but additions of their own;
 *   <li>the loop over the taps stands outside, and accumulators wait in memory between two taps;
 *   <li>every broadcast is cast, too: without, it depends on profiles whether all is inlined;
 *   <li>branches never taken split the body where registers are few: loads are lifted to the top of
 *       their block.
 * </ul>
 *
 * <p>Loads are written out: the inlining budget of a method that uses vectors is too small for
 * helpers. No tile may hold more vector operations than the largest does now: C1 gives up on it,
 * and the method never reaches C2.
 */
final class VectorTilesF32 implements TilesF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final long V_BYTES = S.vectorByteSize();
  private static final long NR_BYTES = 2 * V_BYTES;

  /** Where the chains of a tile begin. */
  private static final long ZEROS = Arena.global().allocate(8 * NR_BYTES, 64).address();

  /** Six rows leave C2 one broadcast at a time of 16 registers, and it keeps two. */
  private static final int ROWS =
      switch (ISA) {
        case VECTOR512 -> 8;
        case VECTOR256 -> 5;
        default -> 6;
      };

  @Override
  public int mr() {
    return ROWS;
  }

  @Override
  public int nr() {
    return 2 * S.length();
  }

  @Override
  public void full(long rows, long rowsStep, int taps, int k, long panel, long acc) {
    for (int t = 0; t < taps; t++) {
      fullTap(
          rows + t * rowsStep, k, panel + t * NR_BYTES * k, NR_BYTES, t == 0 ? ZEROS : acc, acc);
    }
  }

  @SuppressWarnings("NullAway") // rows from ROWS on are null, and not used
  private static void fullTap(long rows, int k, long panel, long step, long from, long acc) {
    long z = from & ADDRESS;
    FloatVector c00 = V.cast(FloatVector.fromMemorySegment(S, ALL, z, LE));
    FloatVector c01 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + V_BYTES, LE));
    FloatVector c10 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 2 * V_BYTES, LE));
    FloatVector c11 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 3 * V_BYTES, LE));
    FloatVector c20 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 4 * V_BYTES, LE));
    FloatVector c21 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 5 * V_BYTES, LE));
    FloatVector c30 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 6 * V_BYTES, LE));
    FloatVector c31 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 7 * V_BYTES, LE));
    FloatVector c40 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 8 * V_BYTES, LE));
    FloatVector c41 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 9 * V_BYTES, LE));
    FloatVector c50 =
        ROWS > 5 ? V.cast(FloatVector.fromMemorySegment(S, ALL, z + 10 * V_BYTES, LE)) : null;
    FloatVector c51 =
        ROWS > 5 ? V.cast(FloatVector.fromMemorySegment(S, ALL, z + 11 * V_BYTES, LE)) : null;
    FloatVector c60 =
        ROWS > 6 ? V.cast(FloatVector.fromMemorySegment(S, ALL, z + 12 * V_BYTES, LE)) : null;
    FloatVector c61 =
        ROWS > 6 ? V.cast(FloatVector.fromMemorySegment(S, ALL, z + 13 * V_BYTES, LE)) : null;
    FloatVector c70 =
        ROWS > 6 ? V.cast(FloatVector.fromMemorySegment(S, ALL, z + 14 * V_BYTES, LE)) : null;
    FloatVector c71 =
        ROWS > 6 ? V.cast(FloatVector.fromMemorySegment(S, ALL, z + 15 * V_BYTES, LE)) : null;
    long row = rows & ADDRESS;
    long a0 = ALL.get(I64, row) & ADDRESS;
    long a1 = ALL.get(I64, row + 8) & ADDRESS;
    long a2 = ALL.get(I64, row + 16) & ADDRESS;
    long a3 = ALL.get(I64, row + 24) & ADDRESS;
    long a4 = ALL.get(I64, row + 32) & ADDRESS;
    long a5 = ROWS > 5 ? ALL.get(I64, row + 40) & ADDRESS : 0;
    long a6 = ROWS > 6 ? ALL.get(I64, row + 48) & ADDRESS : 0;
    long a7 = ROWS > 6 ? ALL.get(I64, row + 56) & ADDRESS : 0;
    int x = 0;
    long b = panel;
    long end = b + step * k;
    while (b < end) {
      x &= Integer.MAX_VALUE;
      b &= ADDRESS;
      FloatVector b0 = V.cast(FloatVector.fromMemorySegment(S, ALL, b, LE));
      FloatVector b1 = V.cast(FloatVector.fromMemorySegment(S, ALL, b + V_BYTES, LE));
      FloatVector a = V.cast(FloatVector.broadcast(S, ALL.get(F32, a0 + x)));
      c00 = a.lanewise(FMA, b0, V.cast(c00));
      c01 = a.lanewise(FMA, b1, V.cast(c01));
      a = V.cast(FloatVector.broadcast(S, ALL.get(F32, a1 + x)));
      c10 = a.lanewise(FMA, b0, V.cast(c10));
      c11 = a.lanewise(FMA, b1, V.cast(c11));
      if (ROWS == 5 && b == rows) {
        break; // never: that is another memory
      }
      a = V.cast(FloatVector.broadcast(S, ALL.get(F32, a2 + x)));
      c20 = a.lanewise(FMA, b0, V.cast(c20));
      c21 = a.lanewise(FMA, b1, V.cast(c21));
      a = V.cast(FloatVector.broadcast(S, ALL.get(F32, a3 + x)));
      c30 = a.lanewise(FMA, b0, V.cast(c30));
      c31 = a.lanewise(FMA, b1, V.cast(c31));
      if (ROWS == 5 && b == acc) {
        break;
      }
      a = V.cast(FloatVector.broadcast(S, ALL.get(F32, a4 + x)));
      c40 = a.lanewise(FMA, b0, V.cast(c40));
      c41 = a.lanewise(FMA, b1, V.cast(c41));
      if (ROWS > 5) {
        a = V.cast(FloatVector.broadcast(S, ALL.get(F32, a5 + x)));
        c50 = a.lanewise(FMA, b0, V.cast(c50));
        c51 = a.lanewise(FMA, b1, V.cast(c51));
      }
      if (ROWS > 6) {
        a = V.cast(FloatVector.broadcast(S, ALL.get(F32, a6 + x)));
        c60 = a.lanewise(FMA, b0, V.cast(c60));
        c61 = a.lanewise(FMA, b1, V.cast(c61));
        a = V.cast(FloatVector.broadcast(S, ALL.get(F32, a7 + x)));
        c70 = a.lanewise(FMA, b0, V.cast(c70));
        c71 = a.lanewise(FMA, b1, V.cast(c71));
      }
      b += step;
      x += 4;
    }
    long at = acc & ADDRESS;
    V.cast(c00).intoMemorySegment(ALL, at, LE);
    V.cast(c01).intoMemorySegment(ALL, at + V_BYTES, LE);
    V.cast(c10).intoMemorySegment(ALL, at + 2 * V_BYTES, LE);
    V.cast(c11).intoMemorySegment(ALL, at + 3 * V_BYTES, LE);
    V.cast(c20).intoMemorySegment(ALL, at + 4 * V_BYTES, LE);
    V.cast(c21).intoMemorySegment(ALL, at + 5 * V_BYTES, LE);
    V.cast(c30).intoMemorySegment(ALL, at + 6 * V_BYTES, LE);
    V.cast(c31).intoMemorySegment(ALL, at + 7 * V_BYTES, LE);
    V.cast(c40).intoMemorySegment(ALL, at + 8 * V_BYTES, LE);
    V.cast(c41).intoMemorySegment(ALL, at + 9 * V_BYTES, LE);
    if (ROWS > 5) {
      V.cast(c50).intoMemorySegment(ALL, at + 10 * V_BYTES, LE);
      V.cast(c51).intoMemorySegment(ALL, at + 11 * V_BYTES, LE);
    }
    if (ROWS > 6) {
      V.cast(c60).intoMemorySegment(ALL, at + 12 * V_BYTES, LE);
      V.cast(c61).intoMemorySegment(ALL, at + 13 * V_BYTES, LE);
      V.cast(c70).intoMemorySegment(ALL, at + 14 * V_BYTES, LE);
      V.cast(c71).intoMemorySegment(ALL, at + 15 * V_BYTES, LE);
    }
  }

  @Override
  public void four(long rows, long rowsStep, int taps, int k, long panel, long acc) {
    for (int t = 0; t < taps; t++) {
      fourTap(
          rows + t * rowsStep, k, panel + t * NR_BYTES * k, NR_BYTES, t == 0 ? ZEROS : acc, acc);
    }
  }

  private static void fourTap(long rows, int k, long panel, long step, long from, long acc) {
    long z = from & ADDRESS;
    FloatVector c00 = V.cast(FloatVector.fromMemorySegment(S, ALL, z, LE));
    FloatVector c01 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + V_BYTES, LE));
    FloatVector c10 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 2 * V_BYTES, LE));
    FloatVector c11 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 3 * V_BYTES, LE));
    FloatVector c20 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 4 * V_BYTES, LE));
    FloatVector c21 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 5 * V_BYTES, LE));
    FloatVector c30 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 6 * V_BYTES, LE));
    FloatVector c31 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 7 * V_BYTES, LE));
    long row = rows & ADDRESS;
    long a0 = ALL.get(I64, row) & ADDRESS;
    long a1 = ALL.get(I64, row + 8) & ADDRESS;
    long a2 = ALL.get(I64, row + 16) & ADDRESS;
    long a3 = ALL.get(I64, row + 24) & ADDRESS;
    int x = 0;
    long b = panel;
    long end = b + step * k;
    while (b < end) {
      x &= Integer.MAX_VALUE;
      b &= ADDRESS;
      FloatVector b0 = V.cast(FloatVector.fromMemorySegment(S, ALL, b, LE));
      FloatVector b1 = V.cast(FloatVector.fromMemorySegment(S, ALL, b + V_BYTES, LE));
      FloatVector a = V.cast(FloatVector.broadcast(S, ALL.get(F32, a0 + x)));
      c00 = a.lanewise(FMA, b0, V.cast(c00));
      c01 = a.lanewise(FMA, b1, V.cast(c01));
      a = V.cast(FloatVector.broadcast(S, ALL.get(F32, a1 + x)));
      c10 = a.lanewise(FMA, b0, V.cast(c10));
      c11 = a.lanewise(FMA, b1, V.cast(c11));
      a = V.cast(FloatVector.broadcast(S, ALL.get(F32, a2 + x)));
      c20 = a.lanewise(FMA, b0, V.cast(c20));
      c21 = a.lanewise(FMA, b1, V.cast(c21));
      a = V.cast(FloatVector.broadcast(S, ALL.get(F32, a3 + x)));
      c30 = a.lanewise(FMA, b0, V.cast(c30));
      c31 = a.lanewise(FMA, b1, V.cast(c31));
      b += step;
      x += 4;
    }
    long at = acc & ADDRESS;
    V.cast(c00).intoMemorySegment(ALL, at, LE);
    V.cast(c01).intoMemorySegment(ALL, at + V_BYTES, LE);
    V.cast(c10).intoMemorySegment(ALL, at + 2 * V_BYTES, LE);
    V.cast(c11).intoMemorySegment(ALL, at + 3 * V_BYTES, LE);
    V.cast(c20).intoMemorySegment(ALL, at + 4 * V_BYTES, LE);
    V.cast(c21).intoMemorySegment(ALL, at + 5 * V_BYTES, LE);
    V.cast(c30).intoMemorySegment(ALL, at + 6 * V_BYTES, LE);
    V.cast(c31).intoMemorySegment(ALL, at + 7 * V_BYTES, LE);
  }

  @Override
  public void wide(
      long rows, long rowsStep, int taps, int k, long panel, long panelBytes, long acc) {
    long b = panel & ADDRESS;
    FloatVector zero = V.cast(FloatVector.zero(S));
    FloatVector c00 = zero;
    FloatVector c01 = zero;
    FloatVector c10 = zero;
    FloatVector c11 = zero;
    FloatVector c20 = zero;
    FloatVector c21 = zero;
    FloatVector c30 = zero;
    FloatVector c31 = zero;
    for (int t = 0; t < taps; t++) {
      long a0 = ALL.get(I64, (rows + t * rowsStep) & ADDRESS) & ADDRESS;
      long p0 = b;
      long p1 = (b + panelBytes) & ADDRESS;
      long p2 = (b + 2 * panelBytes) & ADDRESS;
      long p3 = (b + 3 * panelBytes) & ADDRESS;
      for (int p = 0; p < k; p++) {
        FloatVector a = FloatVector.broadcast(S, ALL.get(F32, a0 + 4L * p));
        long y = NR_BYTES * p;
        FloatVector w = V.cast(FloatVector.fromMemorySegment(S, ALL, p0 + y, LE));
        c00 = a.lanewise(FMA, w, V.cast(c00));
        w = V.cast(FloatVector.fromMemorySegment(S, ALL, p0 + y + V_BYTES, LE));
        c01 = a.lanewise(FMA, w, V.cast(c01));
        w = V.cast(FloatVector.fromMemorySegment(S, ALL, p1 + y, LE));
        c10 = a.lanewise(FMA, w, V.cast(c10));
        w = V.cast(FloatVector.fromMemorySegment(S, ALL, p1 + y + V_BYTES, LE));
        c11 = a.lanewise(FMA, w, V.cast(c11));
        w = V.cast(FloatVector.fromMemorySegment(S, ALL, p2 + y, LE));
        c20 = a.lanewise(FMA, w, V.cast(c20));
        w = V.cast(FloatVector.fromMemorySegment(S, ALL, p2 + y + V_BYTES, LE));
        c21 = a.lanewise(FMA, w, V.cast(c21));
        w = V.cast(FloatVector.fromMemorySegment(S, ALL, p3 + y, LE));
        c30 = a.lanewise(FMA, w, V.cast(c30));
        w = V.cast(FloatVector.fromMemorySegment(S, ALL, p3 + y + V_BYTES, LE));
        c31 = a.lanewise(FMA, w, V.cast(c31));
      }
      b = (b + NR_BYTES * k) & ADDRESS;
    }
    long at = acc & ADDRESS;
    V.cast(c00).intoMemorySegment(ALL, at, LE);
    V.cast(c01).intoMemorySegment(ALL, at + V_BYTES, LE);
    V.cast(c10).intoMemorySegment(ALL, at + 2 * V_BYTES, LE);
    V.cast(c11).intoMemorySegment(ALL, at + 3 * V_BYTES, LE);
    V.cast(c20).intoMemorySegment(ALL, at + 4 * V_BYTES, LE);
    V.cast(c21).intoMemorySegment(ALL, at + 5 * V_BYTES, LE);
    V.cast(c30).intoMemorySegment(ALL, at + 6 * V_BYTES, LE);
    V.cast(c31).intoMemorySegment(ALL, at + 7 * V_BYTES, LE);
  }
}
