package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.F32;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.AND;
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
 * {@link GemvTilesS8} in registers.
 *
 * <pre>
 *   quad of a lane   [ w0 | w1 | w2 | w3 ]    4 bytes, 4 consecutive k of one column
 *   shifted, masked  [  0 |  0 |  0 | wi ]    the int32 2^24 * wi, exact as float32
 * registers: row:  4 x 2 accumulators (odd and even k) + 1 quad + 1 weight + 4 a of 16
 *            rows: 4 x 2 accumulators + 2 quads + 2 weights + 1 a of 16
 * range: float32 holds 2^24 times an integer up to 2^24 exactly; a step adds at most 255 * 128, so
 *        there may be 512 steps
 * instruction: vpslld, vpandd, vcvtdq2ps, vfmadd231ps; shl, and, scvtf, fmla
 * </pre>
 *
 * <p>The four vectors of columns are streams of their own: one alone does not keep enough of memory
 * busy.
 */
final class VectorGemvTilesS8 implements GemvTilesS8 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final VectorSpecies<Integer> I = Vectors.ints(ISA);
  private static final Class<? extends FloatVector> VF = Vectors.exact(S);
  private static final Class<? extends IntVector> VI = Vectors.exactInt(I);
  private static final long V_BYTES = S.vectorByteSize();

  /** The byte of a lane that a weight is shifted to. */
  private static final int TOP = 0xff000000;

  private static final float SCALE = 0x1p-24f;

  @Override
  public void row(long a, long b0, long b1, long b2, long b3, int steps, long acc) {
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
    for (int p = 0; p < steps; p += 4) {
      FloatVector x0 = FloatVector.broadcast(S, ALL.get(F32, x + 4L * p));
      FloatVector x1 = FloatVector.broadcast(S, ALL.get(F32, x + 4L * p + 4));
      FloatVector x2 = FloatVector.broadcast(S, ALL.get(F32, x + 4L * p + 8));
      FloatVector x3 = FloatVector.broadcast(S, ALL.get(F32, x + 4L * p + 12));
      IntVector q = VI.cast(IntVector.fromMemorySegment(I, ALL, w0 + 16L * p, LE));
      FloatVector w = VF.cast(VI.cast(q.lanewise(LSHL, 24)).convert(I2F, 0));
      e0 = x0.lanewise(FMA, w, VF.cast(e0));
      w = VF.cast(VI.cast(VI.cast(q.lanewise(LSHL, 16)).lanewise(AND, TOP)).convert(I2F, 0));
      o0 = x1.lanewise(FMA, w, VF.cast(o0));
      w = VF.cast(VI.cast(VI.cast(q.lanewise(LSHL, 8)).lanewise(AND, TOP)).convert(I2F, 0));
      e0 = x2.lanewise(FMA, w, VF.cast(e0));
      w = VF.cast(VI.cast(q.lanewise(AND, TOP)).convert(I2F, 0));
      o0 = x3.lanewise(FMA, w, VF.cast(o0));
      q = VI.cast(IntVector.fromMemorySegment(I, ALL, w1 + 16L * p, LE));
      w = VF.cast(VI.cast(q.lanewise(LSHL, 24)).convert(I2F, 0));
      e1 = x0.lanewise(FMA, w, VF.cast(e1));
      w = VF.cast(VI.cast(VI.cast(q.lanewise(LSHL, 16)).lanewise(AND, TOP)).convert(I2F, 0));
      o1 = x1.lanewise(FMA, w, VF.cast(o1));
      w = VF.cast(VI.cast(VI.cast(q.lanewise(LSHL, 8)).lanewise(AND, TOP)).convert(I2F, 0));
      e1 = x2.lanewise(FMA, w, VF.cast(e1));
      w = VF.cast(VI.cast(q.lanewise(AND, TOP)).convert(I2F, 0));
      o1 = x3.lanewise(FMA, w, VF.cast(o1));
      q = VI.cast(IntVector.fromMemorySegment(I, ALL, w2 + 16L * p, LE));
      w = VF.cast(VI.cast(q.lanewise(LSHL, 24)).convert(I2F, 0));
      e2 = x0.lanewise(FMA, w, VF.cast(e2));
      w = VF.cast(VI.cast(VI.cast(q.lanewise(LSHL, 16)).lanewise(AND, TOP)).convert(I2F, 0));
      o2 = x1.lanewise(FMA, w, VF.cast(o2));
      w = VF.cast(VI.cast(VI.cast(q.lanewise(LSHL, 8)).lanewise(AND, TOP)).convert(I2F, 0));
      e2 = x2.lanewise(FMA, w, VF.cast(e2));
      w = VF.cast(VI.cast(q.lanewise(AND, TOP)).convert(I2F, 0));
      o2 = x3.lanewise(FMA, w, VF.cast(o2));
      q = VI.cast(IntVector.fromMemorySegment(I, ALL, w3 + 16L * p, LE));
      w = VF.cast(VI.cast(q.lanewise(LSHL, 24)).convert(I2F, 0));
      e3 = x0.lanewise(FMA, w, VF.cast(e3));
      w = VF.cast(VI.cast(VI.cast(q.lanewise(LSHL, 16)).lanewise(AND, TOP)).convert(I2F, 0));
      o3 = x1.lanewise(FMA, w, VF.cast(o3));
      w = VF.cast(VI.cast(VI.cast(q.lanewise(LSHL, 8)).lanewise(AND, TOP)).convert(I2F, 0));
      e3 = x2.lanewise(FMA, w, VF.cast(e3));
      w = VF.cast(VI.cast(q.lanewise(AND, TOP)).convert(I2F, 0));
      o3 = x3.lanewise(FMA, w, VF.cast(o3));
    }
    long to = acc & ADDRESS;
    VF.cast(VF.cast(VF.cast(e0).lanewise(ADD, VF.cast(o0))).lanewise(MUL, SCALE))
        .intoMemorySegment(ALL, to, LE);
    VF.cast(VF.cast(VF.cast(e1).lanewise(ADD, VF.cast(o1))).lanewise(MUL, SCALE))
        .intoMemorySegment(ALL, to + 1 * V_BYTES, LE);
    VF.cast(VF.cast(VF.cast(e2).lanewise(ADD, VF.cast(o2))).lanewise(MUL, SCALE))
        .intoMemorySegment(ALL, to + 2 * V_BYTES, LE);
    VF.cast(VF.cast(VF.cast(e3).lanewise(ADD, VF.cast(o3))).lanewise(MUL, SCALE))
        .intoMemorySegment(ALL, to + 3 * V_BYTES, LE);
  }

  @Override
  public void rows(long a, long aStep, long b0, long b1, int steps, long acc) {
    FloatVector c00 = VF.cast(FloatVector.zero(S));
    FloatVector c01 = VF.cast(FloatVector.zero(S));
    FloatVector c10 = VF.cast(FloatVector.zero(S));
    FloatVector c11 = VF.cast(FloatVector.zero(S));
    FloatVector c20 = VF.cast(FloatVector.zero(S));
    FloatVector c21 = VF.cast(FloatVector.zero(S));
    FloatVector c30 = VF.cast(FloatVector.zero(S));
    FloatVector c31 = VF.cast(FloatVector.zero(S));
    long a0 = a & ADDRESS;
    long a1 = (a + 1 * aStep) & ADDRESS;
    long a2 = (a + 2 * aStep) & ADDRESS;
    long a3 = (a + 3 * aStep) & ADDRESS;
    long w0 = b0 & ADDRESS;
    long w1 = b1 & ADDRESS;
    for (int p = 0; p < steps; p += 4) {
      long x = 4L * p;
      IntVector q0 = VI.cast(IntVector.fromMemorySegment(I, ALL, w0 + 16L * p, LE));
      IntVector q1 = VI.cast(IntVector.fromMemorySegment(I, ALL, w1 + 16L * p, LE));
      FloatVector y0 = VF.cast(VI.cast(q0.lanewise(LSHL, 24)).convert(I2F, 0));
      FloatVector y1 = VF.cast(VI.cast(q1.lanewise(LSHL, 24)).convert(I2F, 0));
      FloatVector y = FloatVector.broadcast(S, ALL.get(F32, a0 + x));
      c00 = y.lanewise(FMA, y0, VF.cast(c00));
      c01 = y.lanewise(FMA, y1, VF.cast(c01));
      y = FloatVector.broadcast(S, ALL.get(F32, a1 + x));
      c10 = y.lanewise(FMA, y0, VF.cast(c10));
      c11 = y.lanewise(FMA, y1, VF.cast(c11));
      y = FloatVector.broadcast(S, ALL.get(F32, a2 + x));
      c20 = y.lanewise(FMA, y0, VF.cast(c20));
      c21 = y.lanewise(FMA, y1, VF.cast(c21));
      y = FloatVector.broadcast(S, ALL.get(F32, a3 + x));
      c30 = y.lanewise(FMA, y0, VF.cast(c30));
      c31 = y.lanewise(FMA, y1, VF.cast(c31));
      y0 = VF.cast(VI.cast(VI.cast(q0.lanewise(LSHL, 16)).lanewise(AND, TOP)).convert(I2F, 0));
      y1 = VF.cast(VI.cast(VI.cast(q1.lanewise(LSHL, 16)).lanewise(AND, TOP)).convert(I2F, 0));
      y = FloatVector.broadcast(S, ALL.get(F32, a0 + x + 4));
      c00 = y.lanewise(FMA, y0, VF.cast(c00));
      c01 = y.lanewise(FMA, y1, VF.cast(c01));
      y = FloatVector.broadcast(S, ALL.get(F32, a1 + x + 4));
      c10 = y.lanewise(FMA, y0, VF.cast(c10));
      c11 = y.lanewise(FMA, y1, VF.cast(c11));
      y = FloatVector.broadcast(S, ALL.get(F32, a2 + x + 4));
      c20 = y.lanewise(FMA, y0, VF.cast(c20));
      c21 = y.lanewise(FMA, y1, VF.cast(c21));
      y = FloatVector.broadcast(S, ALL.get(F32, a3 + x + 4));
      c30 = y.lanewise(FMA, y0, VF.cast(c30));
      c31 = y.lanewise(FMA, y1, VF.cast(c31));
      y0 = VF.cast(VI.cast(VI.cast(q0.lanewise(LSHL, 8)).lanewise(AND, TOP)).convert(I2F, 0));
      y1 = VF.cast(VI.cast(VI.cast(q1.lanewise(LSHL, 8)).lanewise(AND, TOP)).convert(I2F, 0));
      y = FloatVector.broadcast(S, ALL.get(F32, a0 + x + 8));
      c00 = y.lanewise(FMA, y0, VF.cast(c00));
      c01 = y.lanewise(FMA, y1, VF.cast(c01));
      y = FloatVector.broadcast(S, ALL.get(F32, a1 + x + 8));
      c10 = y.lanewise(FMA, y0, VF.cast(c10));
      c11 = y.lanewise(FMA, y1, VF.cast(c11));
      y = FloatVector.broadcast(S, ALL.get(F32, a2 + x + 8));
      c20 = y.lanewise(FMA, y0, VF.cast(c20));
      c21 = y.lanewise(FMA, y1, VF.cast(c21));
      y = FloatVector.broadcast(S, ALL.get(F32, a3 + x + 8));
      c30 = y.lanewise(FMA, y0, VF.cast(c30));
      c31 = y.lanewise(FMA, y1, VF.cast(c31));
      y0 = VF.cast(VI.cast(q0.lanewise(AND, TOP)).convert(I2F, 0));
      y1 = VF.cast(VI.cast(q1.lanewise(AND, TOP)).convert(I2F, 0));
      y = FloatVector.broadcast(S, ALL.get(F32, a0 + x + 12));
      c00 = y.lanewise(FMA, y0, VF.cast(c00));
      c01 = y.lanewise(FMA, y1, VF.cast(c01));
      y = FloatVector.broadcast(S, ALL.get(F32, a1 + x + 12));
      c10 = y.lanewise(FMA, y0, VF.cast(c10));
      c11 = y.lanewise(FMA, y1, VF.cast(c11));
      y = FloatVector.broadcast(S, ALL.get(F32, a2 + x + 12));
      c20 = y.lanewise(FMA, y0, VF.cast(c20));
      c21 = y.lanewise(FMA, y1, VF.cast(c21));
      y = FloatVector.broadcast(S, ALL.get(F32, a3 + x + 12));
      c30 = y.lanewise(FMA, y0, VF.cast(c30));
      c31 = y.lanewise(FMA, y1, VF.cast(c31));
    }
    long to = acc & ADDRESS;
    VF.cast(VF.cast(c00).lanewise(MUL, SCALE)).intoMemorySegment(ALL, to, LE);
    VF.cast(VF.cast(c01).lanewise(MUL, SCALE)).intoMemorySegment(ALL, to + 1 * V_BYTES, LE);
    VF.cast(VF.cast(c10).lanewise(MUL, SCALE)).intoMemorySegment(ALL, to + 2 * V_BYTES, LE);
    VF.cast(VF.cast(c11).lanewise(MUL, SCALE)).intoMemorySegment(ALL, to + 3 * V_BYTES, LE);
    VF.cast(VF.cast(c20).lanewise(MUL, SCALE)).intoMemorySegment(ALL, to + 4 * V_BYTES, LE);
    VF.cast(VF.cast(c21).lanewise(MUL, SCALE)).intoMemorySegment(ALL, to + 5 * V_BYTES, LE);
    VF.cast(VF.cast(c30).lanewise(MUL, SCALE)).intoMemorySegment(ALL, to + 6 * V_BYTES, LE);
    VF.cast(VF.cast(c31).lanewise(MUL, SCALE)).intoMemorySegment(ALL, to + 7 * V_BYTES, LE);
  }
}
