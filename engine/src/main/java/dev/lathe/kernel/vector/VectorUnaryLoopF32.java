package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.UnaryF32.Function;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loop of one {@link Function}: whole vectors, then one masked vector.
 *
 * <p>Memory-bound for the plain functions; the exponential family takes 20 to 60 operations per
 * vector.
 */
final class VectorUnaryLoopF32 implements UnaryLoop {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final Function FUNCTION =
      Specialization.operation(MethodHandles.lookup(), Function.class);
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final Class<? extends IntVector> I = Vectors.exactInt(Vectors.ints(ISA));
  private static final FloatMath MATH = Specialization.of(VectorMathF32.class, ISA);
  private static final int LANES = S.length();

  /** From here on every float is an integer. */
  private static final float ALL_INTEGERS = 0x1p23f;

  @Override
  public void run(float a, float b, long src, long dst, long count) {
    long whole = count - count % LANES;
    for (long i = 0; i < whole; i += LANES) {
      FloatVector x = V.cast(FloatVector.fromMemorySegment(S, ALL, src + 4 * i, LE));
      V.cast(apply(x, a, b)).intoMemorySegment(ALL, dst + 4 * i, LE);
    }
    if (whole < count) {
      last(a, b, src + 4 * whole, dst + 4 * whole, S.indexInRange(whole, count));
    }
  }

  private static void last(float a, float b, long src, long dst, VectorMask<Float> mask) {
    FloatVector x = V.cast(FloatVector.fromMemorySegment(S, ALL, src, LE, mask));
    V.cast(apply(x, a, b)).intoMemorySegment(ALL, dst, LE, mask);
  }

  /** In two halves, since C2 does not inline a method of more than 325 bytes. */
  private static FloatVector apply(FloatVector x, float a, float b) {
    return switch (FUNCTION) {
      case SIGMOID -> MATH.sigmoid(x);
      case SWISH -> x.mul(MATH.sigmoid(x.mul(a)));
      case TANH -> MATH.tanh(x);
      case EXP -> MATH.exp(x);
      case LOG -> MATH.log(x);
      case ERF -> MATH.erf(x);
      case GELU -> MATH.gelu(x);
      case GELU_TANH -> MATH.geluTanh(x);
      case ELU -> x.blend(V.cast(MATH.expm1(x)).mul(a), x.compare(VectorOperators.LT, 0f));
      case SOFTPLUS -> MATH.softplus(x);
      default -> applyPlain(x, a, b);
    };
  }

  private static FloatVector applyPlain(FloatVector x, float a, float b) {
    return switch (FUNCTION) {
      case RELU -> x.max(0f);
      case LEAKY_RELU -> x.blend(x.mul(a), x.compare(VectorOperators.LT, 0f));
      case CLIP -> clip(x, a, b);
      case HARD_SIGMOID -> clip(x.mul(a).add(b), 0, 1);
      case HARD_SWISH -> x.mul(clip(x.mul(1f / 6).add(0.5f), 0, 1));
      case SQRT -> x.sqrt();
      case RECIPROCAL -> FloatVector.broadcast(S, 1f).div(x);
      case ABS -> x.abs();
      case NEG -> x.neg();
      case FLOOR -> floor(x);
      case CEIL -> floor(x.neg()).neg();
      case ROUND -> round(x);
      default -> throw new IllegalStateException("no vector form of " + FUNCTION);
    };
  }

  private static FloatVector clip(FloatVector x, float min, float max) {
    return x.max(min).min(max);
  }

  /** Adding and subtracting 2^23 rounds away the fraction, half to even; the sign is kept. */
  private static FloatVector round(FloatVector x) {
    FloatVector magnitude = x.abs();
    FloatVector rounded = withSign(magnitude.add(ALL_INTEGERS).sub(ALL_INTEGERS), x);
    return V.cast(x.blend(rounded, magnitude.compare(VectorOperators.LT, ALL_INTEGERS)));
  }

  private static FloatVector floor(FloatVector x) {
    FloatVector rounded = round(x);
    FloatVector below = rounded.sub(1f);
    return V.cast(withSign(rounded.blend(below, rounded.compare(VectorOperators.GT, x)), x));
  }

  private static FloatVector withSign(FloatVector x, FloatVector sign) {
    IntVector bits = I.cast(x.reinterpretAsInts());
    IntVector signBit = I.cast(sign.reinterpretAsInts()).and(Integer.MIN_VALUE);
    return V.cast(bits.or(signBit).reinterpretAsFloats());
  }
}
