package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;
import static jdk.incubator.vector.VectorOperators.FMA;

import dev.lathe.cpu.Isa;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link SpmmTilesF32} in registers; positions run along the vectors.
 *
 * <pre>
 * positions:  0..V-1     V..2V-1         11V..12V-1
 *   w         [  c0  ]   [  c1  ]   ...   [  c11  ]     full: one broadcast per entry
 *   w0..3     [  c00 ]   [  c01 ]   x 4 output channels   quad: four broadcasts per entry
 * registers: full 12 accumulators + 1 w + 1 a, quad 8 accumulators + 2 a + 1 w, of 16
 * range: any float32; one rounding per step
 * instruction: vfmadd231ps with a memory operand (full) or registers (quad); fmla
 * </pre>
 *
 * <p>Steps are arguments, and everything is cast, for the reasons {@link VectorTilesF32} gives.
 */
final class VectorSpmmTilesF32 implements SpmmTilesF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final long V_BYTES = S.vectorByteSize();
  private static final long MR_BYTES = 12 * V_BYTES;

  /** Bytes of an entry with one weight, and with four. */
  private static final long ENTRY_1 = 8;

  private static final long ENTRY_4 = 20;

  @Override
  public int mr() {
    return 12 * S.length();
  }

  @Override
  public void full(long entry, long end, long slab, long from, long acc) {
    full(entry, end, slab, from, acc, ENTRY_1);
  }

  private static void full(long entry, long end, long slab, long from, long acc, long step) {
    long z = from & ADDRESS;
    FloatVector c0 = V.cast(FloatVector.fromMemorySegment(S, ALL, z, LE));
    FloatVector c1 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + V_BYTES, LE));
    FloatVector c2 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 2 * V_BYTES, LE));
    FloatVector c3 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 3 * V_BYTES, LE));
    FloatVector c4 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 4 * V_BYTES, LE));
    FloatVector c5 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 5 * V_BYTES, LE));
    FloatVector c6 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 6 * V_BYTES, LE));
    FloatVector c7 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 7 * V_BYTES, LE));
    FloatVector c8 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 8 * V_BYTES, LE));
    FloatVector c9 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 9 * V_BYTES, LE));
    FloatVector c10 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 10 * V_BYTES, LE));
    FloatVector c11 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 11 * V_BYTES, LE));
    long e = entry;
    while (e < end) {
      e &= ADDRESS;
      long x = (slab + ALL.get(I32, e)) & ADDRESS;
      FloatVector w = V.cast(FloatVector.broadcast(S, ALL.get(F32, e + 4)));
      FloatVector a = V.cast(FloatVector.fromMemorySegment(S, ALL, x, LE));
      c0 = w.lanewise(FMA, a, V.cast(c0));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + V_BYTES, LE));
      c1 = w.lanewise(FMA, a, V.cast(c1));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 2 * V_BYTES, LE));
      c2 = w.lanewise(FMA, a, V.cast(c2));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 3 * V_BYTES, LE));
      c3 = w.lanewise(FMA, a, V.cast(c3));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 4 * V_BYTES, LE));
      c4 = w.lanewise(FMA, a, V.cast(c4));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 5 * V_BYTES, LE));
      c5 = w.lanewise(FMA, a, V.cast(c5));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 6 * V_BYTES, LE));
      c6 = w.lanewise(FMA, a, V.cast(c6));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 7 * V_BYTES, LE));
      c7 = w.lanewise(FMA, a, V.cast(c7));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 8 * V_BYTES, LE));
      c8 = w.lanewise(FMA, a, V.cast(c8));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 9 * V_BYTES, LE));
      c9 = w.lanewise(FMA, a, V.cast(c9));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 10 * V_BYTES, LE));
      c10 = w.lanewise(FMA, a, V.cast(c10));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 11 * V_BYTES, LE));
      c11 = w.lanewise(FMA, a, V.cast(c11));
      e += step;
    }
    long at = acc & ADDRESS;
    V.cast(c0).intoMemorySegment(ALL, at, LE);
    V.cast(c1).intoMemorySegment(ALL, at + V_BYTES, LE);
    V.cast(c2).intoMemorySegment(ALL, at + 2 * V_BYTES, LE);
    V.cast(c3).intoMemorySegment(ALL, at + 3 * V_BYTES, LE);
    V.cast(c4).intoMemorySegment(ALL, at + 4 * V_BYTES, LE);
    V.cast(c5).intoMemorySegment(ALL, at + 5 * V_BYTES, LE);
    V.cast(c6).intoMemorySegment(ALL, at + 6 * V_BYTES, LE);
    V.cast(c7).intoMemorySegment(ALL, at + 7 * V_BYTES, LE);
    V.cast(c8).intoMemorySegment(ALL, at + 8 * V_BYTES, LE);
    V.cast(c9).intoMemorySegment(ALL, at + 9 * V_BYTES, LE);
    V.cast(c10).intoMemorySegment(ALL, at + 10 * V_BYTES, LE);
    V.cast(c11).intoMemorySegment(ALL, at + 11 * V_BYTES, LE);
  }

  @Override
  public void twoThirds(long entry, long end, long slab, long from, long acc) {
    twoThirds(entry, end, slab, from, acc, ENTRY_1);
  }

  private static void twoThirds(long entry, long end, long slab, long from, long acc, long step) {
    long z = from & ADDRESS;
    FloatVector c0 = V.cast(FloatVector.fromMemorySegment(S, ALL, z, LE));
    FloatVector c1 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + V_BYTES, LE));
    FloatVector c2 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 2 * V_BYTES, LE));
    FloatVector c3 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 3 * V_BYTES, LE));
    FloatVector c4 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 4 * V_BYTES, LE));
    FloatVector c5 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 5 * V_BYTES, LE));
    FloatVector c6 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 6 * V_BYTES, LE));
    FloatVector c7 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 7 * V_BYTES, LE));
    long e = entry;
    while (e < end) {
      e &= ADDRESS;
      long x = (slab + ALL.get(I32, e)) & ADDRESS;
      FloatVector w = V.cast(FloatVector.broadcast(S, ALL.get(F32, e + 4)));
      FloatVector a = V.cast(FloatVector.fromMemorySegment(S, ALL, x, LE));
      c0 = w.lanewise(FMA, a, V.cast(c0));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + V_BYTES, LE));
      c1 = w.lanewise(FMA, a, V.cast(c1));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 2 * V_BYTES, LE));
      c2 = w.lanewise(FMA, a, V.cast(c2));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 3 * V_BYTES, LE));
      c3 = w.lanewise(FMA, a, V.cast(c3));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 4 * V_BYTES, LE));
      c4 = w.lanewise(FMA, a, V.cast(c4));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 5 * V_BYTES, LE));
      c5 = w.lanewise(FMA, a, V.cast(c5));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 6 * V_BYTES, LE));
      c6 = w.lanewise(FMA, a, V.cast(c6));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 7 * V_BYTES, LE));
      c7 = w.lanewise(FMA, a, V.cast(c7));
      e += step;
    }
    long at = acc & ADDRESS;
    V.cast(c0).intoMemorySegment(ALL, at, LE);
    V.cast(c1).intoMemorySegment(ALL, at + V_BYTES, LE);
    V.cast(c2).intoMemorySegment(ALL, at + 2 * V_BYTES, LE);
    V.cast(c3).intoMemorySegment(ALL, at + 3 * V_BYTES, LE);
    V.cast(c4).intoMemorySegment(ALL, at + 4 * V_BYTES, LE);
    V.cast(c5).intoMemorySegment(ALL, at + 5 * V_BYTES, LE);
    V.cast(c6).intoMemorySegment(ALL, at + 6 * V_BYTES, LE);
    V.cast(c7).intoMemorySegment(ALL, at + 7 * V_BYTES, LE);
  }

  @Override
  public void third(long entry, long end, long slab, long from, long acc) {
    third(entry, end, slab, from, acc, ENTRY_1);
  }

  private static void third(long entry, long end, long slab, long from, long acc, long step) {
    long z = from & ADDRESS;
    FloatVector c0 = V.cast(FloatVector.fromMemorySegment(S, ALL, z, LE));
    FloatVector c1 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + V_BYTES, LE));
    FloatVector c2 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 2 * V_BYTES, LE));
    FloatVector c3 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 3 * V_BYTES, LE));
    long e = entry;
    while (e < end) {
      e &= ADDRESS;
      long x = (slab + ALL.get(I32, e)) & ADDRESS;
      FloatVector w = V.cast(FloatVector.broadcast(S, ALL.get(F32, e + 4)));
      FloatVector a = V.cast(FloatVector.fromMemorySegment(S, ALL, x, LE));
      c0 = w.lanewise(FMA, a, V.cast(c0));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + V_BYTES, LE));
      c1 = w.lanewise(FMA, a, V.cast(c1));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 2 * V_BYTES, LE));
      c2 = w.lanewise(FMA, a, V.cast(c2));
      a = V.cast(FloatVector.fromMemorySegment(S, ALL, x + 3 * V_BYTES, LE));
      c3 = w.lanewise(FMA, a, V.cast(c3));
      e += step;
    }
    long at = acc & ADDRESS;
    V.cast(c0).intoMemorySegment(ALL, at, LE);
    V.cast(c1).intoMemorySegment(ALL, at + V_BYTES, LE);
    V.cast(c2).intoMemorySegment(ALL, at + 2 * V_BYTES, LE);
    V.cast(c3).intoMemorySegment(ALL, at + 3 * V_BYTES, LE);
  }

  @Override
  public void quad(long entry, long end, long slab, long from, long acc) {
    quad(entry, end, slab, from, acc, ENTRY_4);
  }

  private static void quad(long entry, long end, long slab, long from, long acc, long step) {
    long z = from & ADDRESS;
    FloatVector c00 = V.cast(FloatVector.fromMemorySegment(S, ALL, z, LE));
    FloatVector c01 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + V_BYTES, LE));
    FloatVector c10 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + MR_BYTES, LE));
    FloatVector c11 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + MR_BYTES + V_BYTES, LE));
    FloatVector c20 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 2 * MR_BYTES, LE));
    FloatVector c21 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 2 * MR_BYTES + V_BYTES, LE));
    FloatVector c30 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 3 * MR_BYTES, LE));
    FloatVector c31 = V.cast(FloatVector.fromMemorySegment(S, ALL, z + 3 * MR_BYTES + V_BYTES, LE));
    long e = entry;
    while (e < end) {
      e &= ADDRESS;
      long x = (slab + ALL.get(I32, e)) & ADDRESS;
      FloatVector a0 = V.cast(FloatVector.fromMemorySegment(S, ALL, x, LE));
      FloatVector a1 = V.cast(FloatVector.fromMemorySegment(S, ALL, x + V_BYTES, LE));
      FloatVector w = V.cast(FloatVector.broadcast(S, ALL.get(F32, e + 4)));
      c00 = w.lanewise(FMA, a0, V.cast(c00));
      c01 = w.lanewise(FMA, a1, V.cast(c01));
      w = V.cast(FloatVector.broadcast(S, ALL.get(F32, e + 8)));
      c10 = w.lanewise(FMA, a0, V.cast(c10));
      c11 = w.lanewise(FMA, a1, V.cast(c11));
      w = V.cast(FloatVector.broadcast(S, ALL.get(F32, e + 12)));
      c20 = w.lanewise(FMA, a0, V.cast(c20));
      c21 = w.lanewise(FMA, a1, V.cast(c21));
      w = V.cast(FloatVector.broadcast(S, ALL.get(F32, e + 16)));
      c30 = w.lanewise(FMA, a0, V.cast(c30));
      c31 = w.lanewise(FMA, a1, V.cast(c31));
      e += step;
    }
    long at = acc & ADDRESS;
    V.cast(c00).intoMemorySegment(ALL, at, LE);
    V.cast(c01).intoMemorySegment(ALL, at + V_BYTES, LE);
    V.cast(c10).intoMemorySegment(ALL, at + MR_BYTES, LE);
    V.cast(c11).intoMemorySegment(ALL, at + MR_BYTES + V_BYTES, LE);
    V.cast(c20).intoMemorySegment(ALL, at + 2 * MR_BYTES, LE);
    V.cast(c21).intoMemorySegment(ALL, at + 2 * MR_BYTES + V_BYTES, LE);
    V.cast(c30).intoMemorySegment(ALL, at + 3 * MR_BYTES, LE);
    V.cast(c31).intoMemorySegment(ALL, at + 3 * MR_BYTES + V_BYTES, LE);
  }
}
