package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I64;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.FMA;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.MUL;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.SUB;
import static jdk.incubator.vector.VectorOperators.XOR;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.Requantize;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link StagesU8S8} in registers.
 *
 * <p>Unpacking: a weight w is stored as a byte; as an unsigned byte u = w + 128 in the low bits of
 * the float 2^23 it makes the float 2^23 + u, and subtracting 2^23 + 128 + zeroPoint leaves w -
 * zeroPoint. That is shift, and-or, subtract per vector, with nothing to convert.
 */
final class VectorStagesU8S8 implements StagesU8S8 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final VectorSpecies<Integer> I = Vectors.ints(ISA);
  private static final Class<? extends FloatVector> VF = Vectors.exact(S);
  private static final Class<? extends IntVector> VI = Vectors.exactInt(I);
  private static final LanesU8 BYTES = Specialization.of(VectorLanesU8.class, ISA);
  private static final int LANES = S.length();
  private static final long V_BYTES = S.vectorByteSize();
  private static final long NR_BYTES = 2 * V_BYTES;

  private static final int SIGNS = 0x80808080;
  private static final float BASE = 0x1p23f;
  private static final int BASE_BITS = Float.floatToRawIntBits(BASE);

  @Override
  public void widen(long src, long dst, long count) {
    long i = 0;
    for (; i <= count - LANES; i += LANES) {
      VF.cast(VI.cast(BYTES.load(src + i)).convert(I2F, 0))
          .intoMemorySegment(ALL, (dst + 4 * i) & ADDRESS, LE);
    }
    if (i < count) {
      VF.cast(VI.cast(BYTES.load(src + i, (int) (count - i))).convert(I2F, 0))
          .intoMemorySegment(ALL, (dst + 4 * i) & ADDRESS, LE);
    }
  }

  @Override
  public void unpack(
      long first, long second, long tapBytes, int taps, int k, long zeroPoints, long panel) {
    for (int t = 0; t < taps; t++) {
      long to = panel + NR_BYTES * k * t;
      unpackColumns(first + t * tapBytes, k, zeroPoints, to);
      long right = zeroPoints == 0 || second == first ? zeroPoints : zeroPoints + V_BYTES;
      unpackColumns(second + t * tapBytes, k, right, to + V_BYTES);
    }
  }

  /** What the float 2^23 + u has to be lowered by to become w - zeroPoint. */
  private static FloatVector offset(long zeroPoints) {
    FloatVector offset = VF.cast(FloatVector.broadcast(S, BASE + 128));
    if (zeroPoints == 0) {
      return offset;
    }
    IntVector zero = VI.cast(IntVector.fromMemorySegment(I, ALL, zeroPoints & ADDRESS, LE));
    return VF.cast(offset.lanewise(ADD, VF.cast(zero.convert(I2F, 0))));
  }

  private static void unpackColumns(long src, int k, long zeroPoints, long dst) {
    FloatVector offset = VF.cast(offset(zeroPoints));
    long from = src & ADDRESS;
    long to = dst & ADDRESS;
    for (int p = 0; p < k; p += 4) {
      IntVector w = VI.cast(IntVector.fromMemorySegment(I, ALL, from + 16L * p, LE));
      w = VI.cast(w.lanewise(XOR, SIGNS));
      long d = to + NR_BYTES * p;
      VF.cast(
              VF.cast(
                      VI.cast(VI.cast(w.lanewise(AND, 255)).lanewise(OR, BASE_BITS))
                          .reinterpretAsFloats())
                  .lanewise(SUB, VF.cast(offset)))
          .intoMemorySegment(ALL, d, LE);
      IntVector b = VI.cast(VI.cast(w.lanewise(LSHR, 8)).lanewise(AND, 255));
      VF.cast(
              VF.cast(VI.cast(b.lanewise(OR, BASE_BITS)).reinterpretAsFloats())
                  .lanewise(SUB, VF.cast(offset)))
          .intoMemorySegment(ALL, d + NR_BYTES, LE);
      b = VI.cast(VI.cast(w.lanewise(LSHR, 16)).lanewise(AND, 255));
      VF.cast(
              VF.cast(VI.cast(b.lanewise(OR, BASE_BITS)).reinterpretAsFloats())
                  .lanewise(SUB, VF.cast(offset)))
          .intoMemorySegment(ALL, d + 2 * NR_BYTES, LE);
      b = VI.cast(w.lanewise(LSHR, 24));
      VF.cast(
              VF.cast(VI.cast(b.lanewise(OR, BASE_BITS)).reinterpretAsFloats())
                  .lanewise(SUB, VF.cast(offset)))
          .intoMemorySegment(ALL, d + 3 * NR_BYTES, LE);
    }
  }

  /** Byte 1 of a quad is used where it lies: its products are 256 times too large, exactly. */
  @Override
  public void row(
      long rows,
      long step,
      int taps,
      int k,
      long first,
      long second,
      long tapBytes,
      long zeroPoints,
      long acc) {
    long right = zeroPoints == 0 || second == first ? zeroPoints : zeroPoints + V_BYTES;
    rowColumns(rows, step, taps, k, first, tapBytes, zeroPoints, acc);
    rowColumns(rows, step, taps, k, second, tapBytes, right, acc + V_BYTES);
  }

  private static void rowColumns(
      long rows, long step, int taps, int k, long src, long tapBytes, long zeroPoints, long acc) {
    FloatVector low = VF.cast(offset(zeroPoints));
    FloatVector high = VF.cast(VF.cast(low.lanewise(SUB, BASE)).lanewise(MUL, 256f));
    high = VF.cast(high.lanewise(ADD, BASE));
    FloatVector c0 = VF.cast(FloatVector.zero(S));
    FloatVector c1 = VF.cast(FloatVector.zero(S));
    FloatVector c2 = VF.cast(FloatVector.zero(S));
    FloatVector c3 = VF.cast(FloatVector.zero(S));
    for (int t = 0; t < taps; t++) {
      long a = ALL.get(I64, (rows + t * step) & ADDRESS) & ADDRESS;
      long from = (src + t * tapBytes) & ADDRESS;
      for (int p = 0; p < k; p += 4) {
        long x = a + 4L * p;
        IntVector w = VI.cast(IntVector.fromMemorySegment(I, ALL, from + 16L * p, LE));
        w = VI.cast(w.lanewise(XOR, SIGNS));
        IntVector b = VI.cast(VI.cast(w.lanewise(AND, 0xff)).lanewise(OR, BASE_BITS));
        FloatVector y = VF.cast(VF.cast(b.reinterpretAsFloats()).lanewise(SUB, low));
        c0 = y.lanewise(FMA, FloatVector.broadcast(S, ALL.get(F32, x)), VF.cast(c0));
        b = VI.cast(VI.cast(w.lanewise(AND, 0xff00)).lanewise(OR, BASE_BITS));
        y = VF.cast(VF.cast(b.reinterpretAsFloats()).lanewise(SUB, high));
        c1 = y.lanewise(FMA, FloatVector.broadcast(S, ALL.get(F32, x + 4)), VF.cast(c1));
        w = VI.cast(w.lanewise(LSHR, 16));
        b = VI.cast(VI.cast(w.lanewise(AND, 0xff)).lanewise(OR, BASE_BITS));
        y = VF.cast(VF.cast(b.reinterpretAsFloats()).lanewise(SUB, low));
        c2 = y.lanewise(FMA, FloatVector.broadcast(S, ALL.get(F32, x + 8)), VF.cast(c2));
        b = VI.cast(VI.cast(w.lanewise(AND, 0xff00)).lanewise(OR, BASE_BITS));
        y = VF.cast(VF.cast(b.reinterpretAsFloats()).lanewise(SUB, high));
        c3 = y.lanewise(FMA, FloatVector.broadcast(S, ALL.get(F32, x + 12)), VF.cast(c3));
      }
    }
    FloatVector even = VF.cast(VF.cast(c0).lanewise(ADD, VF.cast(c2)));
    FloatVector odd = VF.cast(VF.cast(c1).lanewise(ADD, VF.cast(c3)));
    VF.cast(even.lanewise(ADD, VF.cast(odd.lanewise(MUL, 1 / 256f))))
        .intoMemorySegment(ALL, acc & ADDRESS, LE);
  }

  @Override
  public void flush(long acc, long sum, int rows, boolean first) {
    for (long at = 0; at < rows * NR_BYTES; at += V_BYTES) {
      FloatVector chunk = VF.cast(FloatVector.fromMemorySegment(S, ALL, (acc + at) & ADDRESS, LE));
      IntVector add = VI.cast(chunk.convert(F2I, 0));
      long to = (sum + at) & ADDRESS;
      if (!first) {
        add = VI.cast(add.lanewise(ADD, VI.cast(IntVector.fromMemorySegment(I, ALL, to, LE))));
      }
      VI.cast(add).intoMemorySegment(ALL, to, LE);
    }
  }

  @Override
  public void store(
      Requantize epilogue,
      long acc,
      long sum,
      int rows,
      int columns,
      long bias,
      long scale,
      long addend,
      long dst,
      long dstStride) {
    for (int v = 0; v < 2 && columns > v * LANES; v++) {
      long at = v * V_BYTES;
      long more = addend == 0 ? 0 : addend + (long) v * LANES;
      long before = sum == 0 ? 0 : sum + at;
      int count = Math.min(LANES, columns - v * LANES);
      long to = dst + (long) v * LANES;
      storeColumns(
          epilogue, acc + at, before, rows, count, bias + at, scale + at, more, to, dstStride);
    }
  }

  private static void storeColumns(
      Requantize epilogue,
      long acc,
      long sum,
      int rows,
      int count,
      long bias,
      long scale,
      long addend,
      long dst,
      long dstStride) {
    int zeroPoint = epilogue.zeroPoint();
    int min = epilogue.min();
    int max = epilogue.max();
    Requantize.Addend plus = epilogue.addend();
    IntVector offset = VI.cast(IntVector.fromMemorySegment(I, ALL, bias & ADDRESS, LE));
    FloatVector factor = VF.cast(FloatVector.fromMemorySegment(S, ALL, scale & ADDRESS, LE));
    for (int r = 0; r < rows; r++) {
      FloatVector chunk =
          VF.cast(FloatVector.fromMemorySegment(S, ALL, (acc + NR_BYTES * r) & ADDRESS, LE));
      IntVector total = VI.cast(VI.cast(chunk.convert(F2I, 0)).lanewise(ADD, offset));
      if (sum != 0) {
        long before = (sum + NR_BYTES * r) & ADDRESS;
        total = total.lanewise(ADD, VI.cast(IntVector.fromMemorySegment(I, ALL, before, LE)));
      }
      FloatVector x = VF.cast(VF.cast(VI.cast(total).convert(I2F, 0)).lanewise(MUL, factor));
      long to = dst + r * dstStride;
      if (plus == null || addend == 0) {
        if (count == LANES) {
          BYTES.store(x, zeroPoint, min, max, to);
        } else {
          BYTES.store(x, zeroPoint, min, max, to, count);
        }
      } else {
        long from = addend + r * plus.stride();
        if (count == LANES) {
          x = BYTES.withAddend(x, BYTES.load(from), epilogue, plus);
          BYTES.store(VF.cast(x), plus.sumZeroPoint(), min, max, to);
        } else {
          x = BYTES.withAddend(x, BYTES.load(from, count), epilogue, plus);
          BYTES.store(VF.cast(x), plus.sumZeroPoint(), min, max, to, count);
        }
      }
    }
  }
}
