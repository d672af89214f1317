package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.BinaryF32.Function;
import dev.lathe.kernel.MathF32;
import dev.lathe.tensor.Tensor;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loop of one {@link Function}: whole vectors, then one masked vector. Memory-bound, but for
 * POW, which goes element by element unless it squares.
 */
final class VectorBinaryLoopF32 implements BinaryLoop {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final Function FUNCTION =
      Specialization.operation(MethodHandles.lookup(), Function.class);
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final int LANES = S.length();

  @Override
  public void run(long lhs, int lhsStep, long rhs, int rhsStep, long dst, long count) {
    if (FUNCTION == Function.POW && !(rhsStep == 0 && ALL.get(Tensor.F32, rhs) == 2)) {
      pow(lhs, lhsStep, rhs, rhsStep, dst, count);
      return;
    }
    FloatVector lhsAll = FloatVector.broadcast(S, ALL.get(Tensor.F32, lhs));
    FloatVector rhsAll = FloatVector.broadcast(S, ALL.get(Tensor.F32, rhs));
    long whole = count - count % LANES;
    for (long i = 0; i < whole; i += LANES) {
      FloatVector x = lhsStep == 0 ? lhsAll : load(lhs + 4 * i);
      FloatVector y = rhsStep == 0 ? rhsAll : load(rhs + 4 * i);
      V.cast(apply(V.cast(x), V.cast(y))).intoMemorySegment(ALL, dst + 4 * i, LE);
    }
    if (whole < count) {
      VectorMask<Float> mask = S.indexInRange(whole, count);
      FloatVector x = lhsStep == 0 ? lhsAll : load(lhs + 4 * whole, mask);
      FloatVector y = rhsStep == 0 ? rhsAll : load(rhs + 4 * whole, mask);
      V.cast(apply(V.cast(x), V.cast(y))).intoMemorySegment(ALL, dst + 4 * whole, LE, mask);
    }
  }

  private static FloatVector load(long at) {
    return V.cast(FloatVector.fromMemorySegment(S, ALL, at, LE));
  }

  private static FloatVector load(long at, VectorMask<Float> mask) {
    return V.cast(FloatVector.fromMemorySegment(S, ALL, at, LE, mask));
  }

  private static FloatVector apply(FloatVector x, FloatVector y) {
    return switch (FUNCTION) {
      case ADD -> x.add(y);
      case SUB -> x.sub(y);
      case MUL -> x.mul(y);
      case DIV -> x.div(y);
      case MIN -> x.min(y);
      case MAX -> x.max(y);
      case POW -> x.mul(x);
      case PRELU -> x.blend(x.mul(y), x.compare(VectorOperators.LT, 0f));
    };
  }

  private static void pow(long lhs, int lhsStep, long rhs, int rhsStep, long dst, long count) {
    float x = ALL.get(Tensor.F32, lhs);
    float y = ALL.get(Tensor.F32, rhs);
    for (long i = 0; i < count; i++) {
      x = lhsStep == 0 ? x : ALL.get(Tensor.F32, lhs + 4 * i);
      y = rhsStep == 0 ? y : ALL.get(Tensor.F32, rhs + 4 * i);
      ALL.set(Tensor.F32, dst + 4 * i, MathF32.pow(x, y));
    }
  }
}
