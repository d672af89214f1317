package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I64;
import static jdk.incubator.vector.VectorOperators.FMA;

import dev.lathe.cpu.Isa;
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
 * registers: 8x2 accumulators + 2 b + 1 a of 32 (512 bits)
 *            5x2 accumulators + 2 b + 2 a of 16 (256 bits), 6x2 (128 bits)
 *            wide: 1x8 accumulators + 1 a + 1 b of 16
 * range: any float32; one rounding per step
 * instruction: vfmadd231ps with a broadcast or register operand; fmla
 * </pre>
 *
 * <p>Masked by ADDRESS, an address is known to be within ALL; the masks stand outside the loops
 * over k, in which no check is left. Loads are written out: the inlining budget of a method that
 * uses vectors is too small for helpers. No tile may hold more vector operations than the largest
 * does now: C1 gives up on it, and the method never reaches C2.
 */
final class VectorTilesF32 implements TilesF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final long V_BYTES = S.vectorByteSize();
  private static final long NR_BYTES = 2 * V_BYTES;

  /**
   * With 16 registers, as 256 bits have on x86, six rows would fit if C2 kept one broadcast at a
   * time; it keeps two, spills an accumulator, and the chain through memory takes thrice the time.
   */
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
    FloatVector c00 = FloatVector.zero(S);
    FloatVector c01 = FloatVector.zero(S);
    FloatVector c10 = FloatVector.zero(S);
    FloatVector c11 = FloatVector.zero(S);
    FloatVector c20 = FloatVector.zero(S);
    FloatVector c21 = FloatVector.zero(S);
    FloatVector c30 = FloatVector.zero(S);
    FloatVector c31 = FloatVector.zero(S);
    FloatVector c40 = FloatVector.zero(S);
    FloatVector c41 = FloatVector.zero(S);
    FloatVector c50 = FloatVector.zero(S);
    FloatVector c51 = FloatVector.zero(S);
    FloatVector c60 = FloatVector.zero(S);
    FloatVector c61 = FloatVector.zero(S);
    FloatVector c70 = FloatVector.zero(S);
    FloatVector c71 = FloatVector.zero(S);
    long b = panel & ADDRESS;
    for (int t = 0; t < taps; t++) {
      long row = (rows + t * rowsStep) & ADDRESS;
      long a0 = ALL.get(I64, row) & ADDRESS;
      long a1 = ALL.get(I64, row + 8) & ADDRESS;
      long a2 = ALL.get(I64, row + 16) & ADDRESS;
      long a3 = ALL.get(I64, row + 24) & ADDRESS;
      long a4 = ALL.get(I64, row + 32) & ADDRESS;
      long a5 = ALL.get(I64, row + 40) & ADDRESS;
      long a6 = ALL.get(I64, row + 48) & ADDRESS;
      long a7 = ALL.get(I64, row + 56) & ADDRESS;
      for (int p = 0; p < k; p++) {
        long x = 4L * p;
        long y = b + NR_BYTES * p;
        FloatVector b0 = V.cast(FloatVector.fromMemorySegment(S, ALL, y, LE));
        FloatVector b1 = V.cast(FloatVector.fromMemorySegment(S, ALL, y + V_BYTES, LE));
        FloatVector a = FloatVector.broadcast(S, ALL.get(F32, a0 + x));
        c00 = a.lanewise(FMA, b0, V.cast(c00));
        c01 = a.lanewise(FMA, b1, V.cast(c01));
        a = FloatVector.broadcast(S, ALL.get(F32, a1 + x));
        c10 = a.lanewise(FMA, b0, V.cast(c10));
        c11 = a.lanewise(FMA, b1, V.cast(c11));
        a = FloatVector.broadcast(S, ALL.get(F32, a2 + x));
        c20 = a.lanewise(FMA, b0, V.cast(c20));
        c21 = a.lanewise(FMA, b1, V.cast(c21));
        a = FloatVector.broadcast(S, ALL.get(F32, a3 + x));
        c30 = a.lanewise(FMA, b0, V.cast(c30));
        c31 = a.lanewise(FMA, b1, V.cast(c31));
        a = FloatVector.broadcast(S, ALL.get(F32, a4 + x));
        c40 = a.lanewise(FMA, b0, V.cast(c40));
        c41 = a.lanewise(FMA, b1, V.cast(c41));
        if (ROWS > 5) {
          a = FloatVector.broadcast(S, ALL.get(F32, a5 + x));
          c50 = a.lanewise(FMA, b0, V.cast(c50));
          c51 = a.lanewise(FMA, b1, V.cast(c51));
        }
        if (ROWS > 6) {
          a = FloatVector.broadcast(S, ALL.get(F32, a6 + x));
          c60 = a.lanewise(FMA, b0, V.cast(c60));
          c61 = a.lanewise(FMA, b1, V.cast(c61));
          a = FloatVector.broadcast(S, ALL.get(F32, a7 + x));
          c70 = a.lanewise(FMA, b0, V.cast(c70));
          c71 = a.lanewise(FMA, b1, V.cast(c71));
        }
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
    FloatVector c00 = FloatVector.zero(S);
    FloatVector c01 = FloatVector.zero(S);
    FloatVector c10 = FloatVector.zero(S);
    FloatVector c11 = FloatVector.zero(S);
    FloatVector c20 = FloatVector.zero(S);
    FloatVector c21 = FloatVector.zero(S);
    FloatVector c30 = FloatVector.zero(S);
    FloatVector c31 = FloatVector.zero(S);
    long b = panel & ADDRESS;
    for (int t = 0; t < taps; t++) {
      long row = (rows + t * rowsStep) & ADDRESS;
      long a0 = ALL.get(I64, row) & ADDRESS;
      long a1 = ALL.get(I64, row + 8) & ADDRESS;
      long a2 = ALL.get(I64, row + 16) & ADDRESS;
      long a3 = ALL.get(I64, row + 24) & ADDRESS;
      for (int p = 0; p < k; p++) {
        long x = 4L * p;
        long y = b + NR_BYTES * p;
        FloatVector b0 = V.cast(FloatVector.fromMemorySegment(S, ALL, y, LE));
        FloatVector b1 = V.cast(FloatVector.fromMemorySegment(S, ALL, y + V_BYTES, LE));
        FloatVector a = FloatVector.broadcast(S, ALL.get(F32, a0 + x));
        c00 = a.lanewise(FMA, b0, V.cast(c00));
        c01 = a.lanewise(FMA, b1, V.cast(c01));
        a = FloatVector.broadcast(S, ALL.get(F32, a1 + x));
        c10 = a.lanewise(FMA, b0, V.cast(c10));
        c11 = a.lanewise(FMA, b1, V.cast(c11));
        a = FloatVector.broadcast(S, ALL.get(F32, a2 + x));
        c20 = a.lanewise(FMA, b0, V.cast(c20));
        c21 = a.lanewise(FMA, b1, V.cast(c21));
        a = FloatVector.broadcast(S, ALL.get(F32, a3 + x));
        c30 = a.lanewise(FMA, b0, V.cast(c30));
        c31 = a.lanewise(FMA, b1, V.cast(c31));
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

  @Override
  public void wide(
      long rows, long rowsStep, int taps, int k, long panel, long panelBytes, long acc) {
    long b = panel & ADDRESS;
    FloatVector c00 = FloatVector.zero(S);
    FloatVector c01 = FloatVector.zero(S);
    FloatVector c10 = FloatVector.zero(S);
    FloatVector c11 = FloatVector.zero(S);
    FloatVector c20 = FloatVector.zero(S);
    FloatVector c21 = FloatVector.zero(S);
    FloatVector c30 = FloatVector.zero(S);
    FloatVector c31 = FloatVector.zero(S);
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
