package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.F32;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.FMA;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.MUL;

import dev.lathe.cpu.Isa;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link LevelTilesF32} in registers.
 *
 * <pre>
 *   a lane, four bits   [ q0 | q1 | q2 | ..  ]    8 consecutive k of one column
 *   shifted right       [ q0, sign extended  ]    int32, exact as float32
 *   shifted left        [ q1 | q2 | ..  | 0  ]
 * registers: row:  4 x 2 accumulators (even and odd k) + 4 a + 1 lane + 1 weight of 16
 *            rows: 4 x 2 accumulators + 4 a + 1 lane + 1 weight
 * range: any float32; a level times a float32 and its sum are rounded once
 * instruction: vpsrad, vcvtdq2ps, vfmadd231ps, vpslld; sshr, scvtf, fmla, shl
 * </pre>
 *
 * <p>The body of the loops is four levels for all widths of a level, which come to the top of the
 * lane by a shift; {@link VectorTilesF32} says what else the form of the loops is for.
 */
final class VectorLevelTilesF32 implements LevelTilesF32 {

  private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
  private static final Isa ISA = Specialization.isa(LOOKUP);
  private static final int BITS = Specialization.operation(LOOKUP, LevelBits.class).bits();
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final VectorSpecies<Integer> I = Vectors.ints(ISA);
  private static final Class<? extends FloatVector> VF = Vectors.exact(S);
  private static final Class<? extends IntVector> VI = Vectors.exactInt(I);
  private static final long V_BYTES = S.vectorByteSize();

  /** Shifts the highest level of a lane down. */
  private static final int DOWN = 32 - BITS;

  /** Times four levels in a lane. */
  private static final int FOURS = 8 / BITS;

  /** Bytes of a for four levels. */
  private static final long FOUR_BYTES = 16;

  /** Bytes of a for a lane. */
  private static final long A_BYTES = FOUR_BYTES * FOURS;

  /** Bytes of what belongs to a block of a row. */
  private static final int SUM_BYTES = 8;

  /** Bytes between the lanes of a column, and between its scales. */
  private static final int STEP = 64;

  @Override
  public void row(
      long a,
      long w0,
      long w1,
      long w2,
      long w3,
      long s0,
      long s1,
      long s2,
      long s3,
      long zeroStep,
      long sums,
      int lanes,
      int block,
      long acc) {
    for (int p = 0; p < lanes; p += block) {
      long w = (long) STEP * p;
      long d = acc + VECTORS * V_BYTES;
      rowBlock(
          a + A_BYTES * p,
          w0 + w,
          w1 + w,
          w2 + w,
          w3 + w,
          Math.min(block, lanes - p),
          FOUR_BYTES,
          d);
      float sum = ALL.get(F32, sums & ADDRESS);
      float factor = ALL.get(F32, (sums + 4) & ADDRESS);
      add(s0, zeroStep, sum, factor, d, p == 0, acc);
      add(s1, zeroStep, sum, factor, d + V_BYTES, p == 0, acc + V_BYTES);
      add(s2, zeroStep, sum, factor, d + 2 * V_BYTES, p == 0, acc + 2 * V_BYTES);
      add(s3, zeroStep, sum, factor, d + 3 * V_BYTES, p == 0, acc + 3 * V_BYTES);
      s0 += STEP;
      s1 += STEP;
      s2 += STEP;
      s3 += STEP;
      sums += SUM_BYTES;
    }
  }

  /** Adds a block's d to acc. */
  private static void add(
      long s, long zeroStep, float sum, float factor, long d, boolean first, long acc) {
    FloatVector x = VF.cast(FloatVector.fromMemorySegment(S, ALL, d & ADDRESS, LE));
    if (zeroStep != 0) {
      FloatVector z = VF.cast(FloatVector.fromMemorySegment(S, ALL, (s + zeroStep) & ADDRESS, LE));
      x = z.lanewise(FMA, VF.cast(FloatVector.broadcast(S, sum)), VF.cast(x));
    }
    FloatVector scale = VF.cast(FloatVector.fromMemorySegment(S, ALL, s & ADDRESS, LE));
    FloatVector y =
        first
            ? VF.cast(FloatVector.zero(S))
            : VF.cast(FloatVector.fromMemorySegment(S, ALL, acc & ADDRESS, LE));
    scale = VF.cast(scale.lanewise(MUL, VF.cast(FloatVector.broadcast(S, factor))));
    scale.lanewise(FMA, VF.cast(x), VF.cast(y)).intoMemorySegment(ALL, acc & ADDRESS, LE);
  }

  private static void rowBlock(
      long a, long b0, long b1, long b2, long b3, int lanes, long step, long d) {
    FloatVector e0 = VF.cast(FloatVector.zero(S));
    FloatVector o0 = VF.cast(FloatVector.zero(S));
    FloatVector e1 = VF.cast(FloatVector.zero(S));
    FloatVector o1 = VF.cast(FloatVector.zero(S));
    FloatVector e2 = VF.cast(FloatVector.zero(S));
    FloatVector o2 = VF.cast(FloatVector.zero(S));
    FloatVector e3 = VF.cast(FloatVector.zero(S));
    FloatVector o3 = VF.cast(FloatVector.zero(S));
    long x = a & ADDRESS;
    long w0 = b0 & ADDRESS;
    long w1 = b1 & ADDRESS;
    long w2 = b2 & ADDRESS;
    long w3 = b3 & ADDRESS;
    long end = a + A_BYTES * lanes;
    int f = 0;
    while (x < end) {
      x &= ADDRESS;
      f &= Integer.MAX_VALUE;
      int at = (f / FOURS * STEP) & Integer.MAX_VALUE;
      int up = f % FOURS * (4 * BITS);
      FloatVector x0 = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x)));
      FloatVector x1 = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x + 4)));
      FloatVector x2 = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x + 8)));
      FloatVector x3 = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x + 12)));
      IntVector q = VI.cast(IntVector.fromMemorySegment(I, ALL, w0 + at, LE));
      q = FOURS == 1 ? q : VI.cast(q.lanewise(LSHL, up));
      FloatVector w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      e0 = x0.lanewise(FMA, w, VF.cast(e0));
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      o0 = x1.lanewise(FMA, w, VF.cast(o0));
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      e0 = x2.lanewise(FMA, w, VF.cast(e0));
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      o0 = x3.lanewise(FMA, w, VF.cast(o0));
      if (x == d) {
        break; // never: that is another memory
      }
      q = VI.cast(IntVector.fromMemorySegment(I, ALL, w1 + at, LE));
      q = FOURS == 1 ? q : VI.cast(q.lanewise(LSHL, up));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      e1 = x0.lanewise(FMA, w, VF.cast(e1));
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      o1 = x1.lanewise(FMA, w, VF.cast(o1));
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      e1 = x2.lanewise(FMA, w, VF.cast(e1));
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      o1 = x3.lanewise(FMA, w, VF.cast(o1));
      if (x == d) {
        break;
      }
      q = VI.cast(IntVector.fromMemorySegment(I, ALL, w2 + at, LE));
      q = FOURS == 1 ? q : VI.cast(q.lanewise(LSHL, up));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      e2 = x0.lanewise(FMA, w, VF.cast(e2));
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      o2 = x1.lanewise(FMA, w, VF.cast(o2));
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      e2 = x2.lanewise(FMA, w, VF.cast(e2));
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      o2 = x3.lanewise(FMA, w, VF.cast(o2));
      if (x == d) {
        break;
      }
      q = VI.cast(IntVector.fromMemorySegment(I, ALL, w3 + at, LE));
      q = FOURS == 1 ? q : VI.cast(q.lanewise(LSHL, up));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      e3 = x0.lanewise(FMA, w, VF.cast(e3));
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      o3 = x1.lanewise(FMA, w, VF.cast(o3));
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      e3 = x2.lanewise(FMA, w, VF.cast(e3));
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      o3 = x3.lanewise(FMA, w, VF.cast(o3));
      x += step;
      f++;
    }
    long to = d & ADDRESS;
    VF.cast(VF.cast(e0).lanewise(ADD, VF.cast(o0))).intoMemorySegment(ALL, to + 0 * V_BYTES, LE);
    VF.cast(VF.cast(e1).lanewise(ADD, VF.cast(o1))).intoMemorySegment(ALL, to + 1 * V_BYTES, LE);
    VF.cast(VF.cast(e2).lanewise(ADD, VF.cast(o2))).intoMemorySegment(ALL, to + 2 * V_BYTES, LE);
    VF.cast(VF.cast(e3).lanewise(ADD, VF.cast(o3))).intoMemorySegment(ALL, to + 3 * V_BYTES, LE);
  }

  @Override
  public void rows(
      long a,
      long aStep,
      long w,
      long s,
      long zeroStep,
      long sums,
      long sumStep,
      int lanes,
      int block,
      long acc,
      long accStep) {
    for (int p = 0; p < lanes; p += block) {
      long d = acc + MR * accStep;
      rowsBlock(
          a + A_BYTES * p, aStep, w + (long) STEP * p, Math.min(block, lanes - p), FOUR_BYTES, d);
      for (int r = 0; r < MR; r++) {
        long at = sums + r * sumStep;
        float sum = ALL.get(F32, at & ADDRESS);
        float factor = ALL.get(F32, (at + 4) & ADDRESS);
        add(s, zeroStep, sum, factor, d + r * V_BYTES, p == 0, acc + r * accStep);
      }
      s += STEP;
      sums += SUM_BYTES;
    }
  }

  private static void rowsBlock(long a, long aStep, long b, int lanes, long step, long d) {
    FloatVector e0 = VF.cast(FloatVector.zero(S));
    FloatVector o0 = VF.cast(FloatVector.zero(S));
    FloatVector e1 = VF.cast(FloatVector.zero(S));
    FloatVector o1 = VF.cast(FloatVector.zero(S));
    FloatVector e2 = VF.cast(FloatVector.zero(S));
    FloatVector o2 = VF.cast(FloatVector.zero(S));
    FloatVector e3 = VF.cast(FloatVector.zero(S));
    FloatVector o3 = VF.cast(FloatVector.zero(S));
    long x0 = a & ADDRESS;
    long x1 = (a + aStep) & ADDRESS;
    long x2 = (a + 2 * aStep) & ADDRESS;
    long x3 = (a + 3 * aStep) & ADDRESS;
    long from = b & ADDRESS;
    long end = A_BYTES * lanes;
    long x = 0;
    int f = 0;
    while (x < end) {
      int y = (int) x & Integer.MAX_VALUE;
      f &= Integer.MAX_VALUE;
      int at = (f / FOURS * STEP) & Integer.MAX_VALUE;
      IntVector q = VI.cast(IntVector.fromMemorySegment(I, ALL, from + at, LE));
      q = FOURS == 1 ? q : VI.cast(q.lanewise(LSHL, f % FOURS * (4 * BITS)));
      FloatVector w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      FloatVector z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x0 + y)));
      e0 = z.lanewise(FMA, w, VF.cast(e0));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x1 + y)));
      e1 = z.lanewise(FMA, w, VF.cast(e1));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x2 + y)));
      e2 = z.lanewise(FMA, w, VF.cast(e2));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x3 + y)));
      e3 = z.lanewise(FMA, w, VF.cast(e3));
      if (x == d) {
        break;
      }
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x0 + y + 4)));
      o0 = z.lanewise(FMA, w, VF.cast(o0));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x1 + y + 4)));
      o1 = z.lanewise(FMA, w, VF.cast(o1));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x2 + y + 4)));
      o2 = z.lanewise(FMA, w, VF.cast(o2));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x3 + y + 4)));
      o3 = z.lanewise(FMA, w, VF.cast(o3));
      if (x == d) {
        break;
      }
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x0 + y + 8)));
      e0 = z.lanewise(FMA, w, VF.cast(e0));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x1 + y + 8)));
      e1 = z.lanewise(FMA, w, VF.cast(e1));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x2 + y + 8)));
      e2 = z.lanewise(FMA, w, VF.cast(e2));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x3 + y + 8)));
      e3 = z.lanewise(FMA, w, VF.cast(e3));
      if (x == d) {
        break;
      }
      q = VI.cast(q.lanewise(LSHL, BITS));
      w = VF.cast(VI.cast(q.lanewise(ASHR, DOWN)).convert(I2F, 0));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x0 + y + 12)));
      o0 = z.lanewise(FMA, w, VF.cast(o0));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x1 + y + 12)));
      o1 = z.lanewise(FMA, w, VF.cast(o1));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x2 + y + 12)));
      o2 = z.lanewise(FMA, w, VF.cast(o2));
      z = VF.cast(FloatVector.broadcast(S, ALL.get(F32, x3 + y + 12)));
      o3 = z.lanewise(FMA, w, VF.cast(o3));
      x += step;
      f++;
    }
    long to = d & ADDRESS;
    VF.cast(VF.cast(e0).lanewise(ADD, VF.cast(o0))).intoMemorySegment(ALL, to + 0 * V_BYTES, LE);
    VF.cast(VF.cast(e1).lanewise(ADD, VF.cast(o1))).intoMemorySegment(ALL, to + 1 * V_BYTES, LE);
    VF.cast(VF.cast(e2).lanewise(ADD, VF.cast(o2))).intoMemorySegment(ALL, to + 2 * V_BYTES, LE);
    VF.cast(VF.cast(e3).lanewise(ADD, VF.cast(o3))).intoMemorySegment(ALL, to + 3 * V_BYTES, LE);
  }
}
