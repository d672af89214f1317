package dev.lathe.kernel.vector;

import static dev.lathe.kernel.MathF32.*;
import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.DIV;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.FMA;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MUL;
import static jdk.incubator.vector.VectorOperators.NEG;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.SUB;

import dev.lathe.cpu.Isa;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link dev.lathe.kernel.MathF32} with vectors: the same operations in the same order. Its
 * comments and error bounds are stated there.
 *
 * <p>Within a function calls of the methods here come first: C2 inlines the Vector API everywhere,
 * but nothing else once the code has grown past a limit that the longest functions reach.
 */
final class VectorMathF32 implements FloatMath {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final Class<? extends IntVector> I = Vectors.exactInt(Vectors.ints(ISA));
  private static final FloatVector ZERO = FloatVector.zero(S);
  private static final FloatVector ONE = FloatVector.broadcast(S, 1f);

  @Override
  public FloatVector exp(FloatVector x) {
    FloatVector t = V.cast(x);
    t = t.blend(EXP_MAX, t.compare(GT, EXP_MAX));
    t = t.blend(EXP_MIN, t.compare(LT, EXP_MIN));
    FloatVector shifted = t.lanewise(FMA, LOG2_E, SHIFT);
    IntVector n = bits(shifted).lanewise(SUB, SHIFT_BITS);
    IntVector half = I.cast(n.lanewise(ASHR, 1));
    FloatVector mantissa = expm1Reduced(t, shifted).lanewise(ADD, 1f);
    return mantissa.lanewise(MUL, pow2(half)).lanewise(MUL, pow2(n.lanewise(SUB, half)));
  }

  private static FloatVector expNormal(FloatVector x) {
    FloatVector shifted = V.cast(x).lanewise(FMA, LOG2_E, SHIFT);
    return expm1Reduced(x, shifted).lanewise(ADD, 1f).lanewise(MUL, pow2(bits(shifted)));
  }

  @Override
  public FloatVector expm1(FloatVector x) {
    FloatVector t = V.cast(x);
    t = t.blend(EXPM1_MIN, t.compare(LT, EXPM1_MIN));
    FloatVector shifted = t.lanewise(FMA, LOG2_E, SHIFT);
    FloatVector scale = pow2(bits(shifted));
    return expm1Reduced(t, shifted).lanewise(FMA, scale, scale.lanewise(SUB, 1f));
  }

  private static FloatVector expm1Reduced(FloatVector x, FloatVector shifted) {
    FloatVector n = V.cast(shifted).lanewise(SUB, SHIFT);
    FloatVector r = V.cast(n.lanewise(FMA, FloatVector.broadcast(S, -LN2_HI), x));
    r = V.cast(n.lanewise(FMA, FloatVector.broadcast(S, -LN2_LO), r));
    FloatVector p = r.lanewise(FMA, EXP_6, EXP_5);
    p = p.lanewise(FMA, r, EXP_4);
    p = p.lanewise(FMA, r, EXP_3);
    p = p.lanewise(FMA, r, EXP_2);
    return V.cast(p.lanewise(FMA, r.lanewise(MUL, r), r));
  }

  private static FloatVector pow2(IntVector n) {
    return V.cast(I.cast(n).lanewise(LSHL, 23).lanewise(ADD, ONE_BITS).reinterpretAsFloats());
  }

  private static IntVector bits(FloatVector x) {
    return I.cast(x.reinterpretAsInts());
  }

  @Override
  public FloatVector log(FloatVector x) {
    FloatVector t = V.cast(x);
    VectorMask<Float> denormal = t.compare(LT, MIN_NORMAL);
    FloatVector y =
        logNormal(t.blend(t.lanewise(MUL, 0x1p23f), denormal), ZERO.blend(-23f, denormal));
    y = t.blend(y, t.compare(LT, Float.POSITIVE_INFINITY));
    y = y.blend(Float.NaN, t.compare(LT, 0f));
    return V.cast(y.blend(Float.NEGATIVE_INFINITY, t.compare(EQ, 0f)));
  }

  private static FloatVector logNormal(FloatVector x, FloatVector exponent) {
    IntVector bits = bits(V.cast(x));
    IntVector k = bits.lanewise(SUB, SQRT_HALF_BITS).lanewise(ASHR, 23);
    FloatVector n = V.cast(k.lanewise(ADD, SHIFT_BITS).reinterpretAsFloats());
    n = n.lanewise(SUB, SHIFT).lanewise(ADD, exponent);
    FloatVector f = V.cast(bits.lanewise(SUB, k.lanewise(LSHL, 23)).reinterpretAsFloats());
    f = V.cast(f.lanewise(SUB, 1f));
    FloatVector p = f.lanewise(FMA, LOG_10, LOG_9);
    p = p.lanewise(FMA, f, LOG_8);
    p = p.lanewise(FMA, f, LOG_7);
    p = p.lanewise(FMA, f, LOG_6);
    p = p.lanewise(FMA, f, LOG_5);
    p = p.lanewise(FMA, f, LOG_4);
    p = p.lanewise(FMA, f, LOG_3);
    p = p.lanewise(FMA, f, -0.5f);
    FloatVector y = p.lanewise(FMA, f.lanewise(MUL, f), n.lanewise(MUL, LN2_LO));
    return V.cast(n.lanewise(FMA, FloatVector.broadcast(S, LN2_HI), y.lanewise(ADD, f)));
  }

  @Override
  public FloatVector sigmoid(FloatVector x) {
    FloatVector t = V.cast(x);
    FloatVector e = V.cast(exp(t.lanewise(ABS).lanewise(NEG)));
    return ONE.blend(e, t.compare(LT, 0f)).lanewise(DIV, e.lanewise(ADD, 1f));
  }

  @Override
  public FloatVector tanh(FloatVector x) {
    FloatVector t = V.cast(x);
    FloatVector m = V.cast(expm1(t.lanewise(ABS).lanewise(MUL, -2f)));
    return copySign(m.lanewise(ABS).lanewise(DIV, m.lanewise(ADD, 2f)), t);
  }

  /** For magnitudes that are not negative. */
  private static FloatVector copySign(FloatVector magnitude, FloatVector sign) {
    IntVector signBit = bits(V.cast(sign)).lanewise(AND, Integer.MIN_VALUE);
    return V.cast(bits(V.cast(magnitude)).lanewise(OR, signBit).reinterpretAsFloats());
  }

  @Override
  public FloatVector erf(FloatVector x) {
    FloatVector t = V.cast(x);
    FloatVector magnitude = t.lanewise(ABS);
    FloatVector clamped = magnitude.blend(ERF_MAX, magnitude.compare(GT, ERF_MAX));
    FloatVector tail = ONE.lanewise(SUB, V.cast(expNormal(lnErfc(clamped))));
    tail = tail.blend(tail.lanewise(NEG), t.compare(LT, 0f));
    FloatVector z = t.lanewise(MUL, t);
    FloatVector p = z.lanewise(FMA, ERF_6, ERF_5);
    p = p.lanewise(FMA, z, ERF_4);
    p = p.lanewise(FMA, z, ERF_3);
    p = p.lanewise(FMA, z, ERF_2);
    p = p.lanewise(FMA, z, ERF_1);
    p = p.lanewise(FMA, z, ERF_0);
    return V.cast(tail.blend(p.lanewise(FMA, t, t), magnitude.compare(LT, 1f)));
  }

  private static FloatVector lnErfc(FloatVector x) {
    FloatVector t = V.cast(x);
    FloatVector p = t.lanewise(FMA, ERFC_6, ERFC_5);
    p = p.lanewise(FMA, t, ERFC_4);
    p = p.lanewise(FMA, t, ERFC_3);
    p = p.lanewise(FMA, t, ERFC_2);
    p = p.lanewise(FMA, t, ERFC_1);
    return p.lanewise(FMA, t, ERFC_0);
  }

  @Override
  public FloatVector softplus(FloatVector x) {
    FloatVector t = V.cast(x);
    FloatVector e = V.cast(exp(t.lanewise(ABS).lanewise(NEG)));
    FloatVector u = e.lanewise(ADD, 1f);
    FloatVector correction = e.lanewise(SUB, u.lanewise(SUB, 1f)).lanewise(DIV, u);
    FloatVector y = V.cast(logNormal(u, ZERO)).lanewise(ADD, correction);
    return ZERO.blend(t, t.compare(GT, 0f)).lanewise(ADD, y);
  }

  @Override
  public FloatVector gelu(FloatVector x) {
    FloatVector t = V.cast(x);
    FloatVector e = V.cast(erf(t.lanewise(MUL, SQRT_HALF)));
    return t.lanewise(MUL, 0.5f).lanewise(MUL, e.lanewise(ADD, 1f));
  }

  @Override
  public FloatVector geluTanh(FloatVector x) {
    FloatVector t = V.cast(x);
    FloatVector cubic = t.lanewise(MUL, t).lanewise(MUL, GELU_CUBIC);
    FloatVector inner = cubic.lanewise(FMA, t, t).lanewise(MUL, SQRT_2_OVER_PI);
    FloatVector h = V.cast(tanh(inner));
    return t.lanewise(MUL, 0.5f).lanewise(MUL, h.lanewise(ADD, 1f));
  }
}
