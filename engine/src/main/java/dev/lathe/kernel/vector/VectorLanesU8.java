package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.I16;
import static dev.lathe.tensor.Tensor.I32;
import static dev.lathe.tensor.Tensor.I64;
import static dev.lathe.tensor.Tensor.I8;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.FMA;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2B;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MUL;
import static jdk.incubator.vector.VectorOperators.NE;
import static jdk.incubator.vector.VectorOperators.SUB;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.Requantize;
import dev.lathe.quant.QuantizedSum;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link LanesU8} without masks, which narrow vectors have no instructions for.
 *
 * <p>Rounding: x is clamped first (the bounds are integers, so that changes nothing) and then added
 * to 1.5 * 2^23, where floats are integers: the addition rounds half to even, and the low bits of
 * the sum are the result.
 */
final class VectorLanesU8 implements LanesU8 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final VectorSpecies<Integer> I = Vectors.ints(ISA);
  private static final int LANES = S.length();

  /** The bytes of a vector's lanes; at 128 bits they fill one half. */
  private static final VectorSpecies<Byte> B =
      LANES == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;

  private static final Class<? extends FloatVector> VF = Vectors.exact(S);
  private static final Class<? extends IntVector> VI = Vectors.exactInt(I);
  private static final Class<? extends ByteVector> VB = Vectors.exactByte(B);

  private static final float INTEGERS = 0x1.8p23f;
  private static final int INTEGERS_BITS = Float.floatToRawIntBits(INTEGERS);

  @Override
  public IntVector load(long at) {
    long from = at & ADDRESS;
    ByteVector bytes =
        LANES == 4
            ? IntVector.broadcast(IntVector.SPECIES_64, ALL.get(I32, from)).reinterpretAsBytes()
            : ByteVector.fromMemorySegment(B, ALL, from, LE);
    return widened(bytes);
  }

  @Override
  public IntVector load(long at, int count) {
    long first = bits(at, Math.min(count, 8));
    if (LANES != 16) {
      return widened(LongVector.broadcast(LongVector.SPECIES_64, first).reinterpretAsBytes());
    }
    long second = count > 8 ? bits(at + 8, count - 8) : 0;
    LongVector both = LongVector.broadcast(LongVector.SPECIES_128, first).withLane(1, second);
    return widened(both.reinterpretAsBytes());
  }

  @Override
  public void store(FloatVector x, int zeroPoint, int min, int max, long at) {
    ByteVector bytes = narrowed(x, zeroPoint, min, max);
    long to = at & ADDRESS;
    if (LANES == 4) {
      ALL.set(I32, to, bytes.reinterpretAsInts().lane(0));
    } else {
      bytes.intoMemorySegment(ALL, to, LE);
    }
  }

  @Override
  public void store(FloatVector x, int zeroPoint, int min, int max, long at, int count) {
    LongVector longs = narrowed(x, zeroPoint, min, max).reinterpretAsLongs();
    putBits(longs.lane(0), at, Math.min(count, 8));
    if (LANES == 16 && count > 8) {
      putBits(longs.lane(1), at + 8, count - 8);
    }
  }

  @Override
  public FloatVector dequantize(IntVector q, int zeroPoint, float scale) {
    FloatVector level = VF.cast(VI.cast(q.lanewise(SUB, zeroPoint)).convert(I2F, 0));
    return VF.cast(level.lanewise(MUL, scale));
  }

  @Override
  public FloatVector number(FloatVector x) {
    return VF.cast(x.blend(0f, x.compare(NE, x)));
  }

  @Override
  public FloatVector withAddend(
      FloatVector v, IntVector r, Requantize epilogue, Requantize.Addend addend) {
    int zeroPoint = epilogue.zeroPoint();
    FloatVector inside = clamp(v, -zeroPoint, 255 - zeroPoint);
    FloatVector rounded = VF.cast(VF.cast(inside.lanewise(ADD, INTEGERS)).lanewise(SUB, INTEGERS));
    FloatVector own = VF.cast(rounded.lanewise(ADD, zeroPoint));
    FloatVector other = levels(r);
    return addend.first() ? sum(addend.sum(), other, own) : sum(addend.sum(), own, other);
  }

  @Override
  public FloatVector sum(QuantizedSum sum, FloatVector a, FloatVector b) {
    FloatVector offset = VF.cast(FloatVector.broadcast(S, sum.offset()));
    FloatVector inner =
        VF.cast(b.lanewise(FMA, VF.cast(FloatVector.broadcast(S, sum.rhsRatio())), offset));
    return VF.cast(a.lanewise(FMA, VF.cast(FloatVector.broadcast(S, sum.lhsRatio())), inner));
  }

  @Override
  public FloatVector levels(IntVector q) {
    return VF.cast(q.convert(I2F, 0));
  }

  private static FloatVector clamp(FloatVector x, float min, float max) {
    FloatVector low = VF.cast(FloatVector.broadcast(S, min));
    FloatVector high = VF.cast(FloatVector.broadcast(S, max));
    FloatVector above = VF.cast(x.blend(low, x.compare(LT, low)));
    return VF.cast(above.blend(high, above.compare(GT, high)));
  }

  private static ByteVector narrowed(FloatVector x, int zeroPoint, int min, int max) {
    FloatVector inside = clamp(x, min - zeroPoint, max - zeroPoint);
    IntVector bits = VI.cast(VF.cast(inside.lanewise(ADD, INTEGERS)).reinterpretAsInts());
    IntVector q = VI.cast(bits.lanewise(SUB, INTEGERS_BITS - zeroPoint));
    return VB.cast(q.convertShape(I2B, B, 0));
  }

  private static IntVector widened(ByteVector bytes) {
    return VI.cast(VB.cast(bytes).convertShape(ZERO_EXTEND_B2I, I, 0));
  }

  /** The first {@code count} bytes, 0 to 8, in the low bits. */
  private static long bits(long at, int count) {
    long from = at & ADDRESS;
    if (count == 8) {
      return ALL.get(I64, from);
    }
    long bits = 0;
    int done = 0;
    if ((count & 4) != 0) {
      bits = Integer.toUnsignedLong(ALL.get(I32, from));
      done = 4;
    }
    if ((count & 2) != 0) {
      bits |= (long) Short.toUnsignedInt(ALL.get(I16, from + done)) << (8 * done);
      done += 2;
    }
    if ((count & 1) != 0) {
      bits |= (long) Byte.toUnsignedInt(ALL.get(I8, from + done)) << (8 * done);
    }
    return bits;
  }

  private static void putBits(long bits, long at, int count) {
    long to = at & ADDRESS;
    if (count == 8) {
      ALL.set(I64, to, bits);
      return;
    }
    int done = 0;
    if ((count & 4) != 0) {
      ALL.set(I32, to, (int) bits);
      done = 4;
    }
    if ((count & 2) != 0) {
      ALL.set(I16, to + done, (short) (bits >>> (8 * done)));
      done += 2;
    }
    if ((count & 1) != 0) {
      ALL.set(I8, to + done, (byte) (bits >>> (8 * done)));
    }
  }
}
