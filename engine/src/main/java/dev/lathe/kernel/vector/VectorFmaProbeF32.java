package dev.lathe.kernel.vector;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FmaProbeF32;
import dev.lathe.kernel.KernelName;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link FmaProbeF32} in whole vectors.
 *
 * <pre>
 * registers    x0..x11 the chains, a and b the constants: 14
 * instruction  vfmadd231ps (fmla): twelve per round, no memory access
 * range        a lane grows by 1/16 a round, up to 2^20: no denormals, no overflow
 * </pre>
 */
final class VectorFmaProbeF32 implements FmaProbeF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);

  @Override
  public KernelName name() {
    return KernelName.of("f32", "fmaprobe", ISA);
  }

  @Override
  public int macsPerRound() {
    return CHAINS * S.length();
  }

  @Override
  public float run(int rounds) {
    FloatVector a = V.cast(FloatVector.broadcast(S, 0.25f));
    FloatVector b = V.cast(FloatVector.broadcast(S, 0.25f));
    FloatVector x0 = V.cast(FloatVector.broadcast(S, 0));
    FloatVector x1 = V.cast(FloatVector.broadcast(S, 1));
    FloatVector x2 = V.cast(FloatVector.broadcast(S, 2));
    FloatVector x3 = V.cast(FloatVector.broadcast(S, 3));
    FloatVector x4 = V.cast(FloatVector.broadcast(S, 4));
    FloatVector x5 = V.cast(FloatVector.broadcast(S, 5));
    FloatVector x6 = V.cast(FloatVector.broadcast(S, 6));
    FloatVector x7 = V.cast(FloatVector.broadcast(S, 7));
    FloatVector x8 = V.cast(FloatVector.broadcast(S, 8));
    FloatVector x9 = V.cast(FloatVector.broadcast(S, 9));
    FloatVector x10 = V.cast(FloatVector.broadcast(S, 10));
    FloatVector x11 = V.cast(FloatVector.broadcast(S, 11));
    for (int round = 0; round < rounds; round++) {
      x0 = a.lanewise(VectorOperators.FMA, b, V.cast(x0));
      x1 = a.lanewise(VectorOperators.FMA, b, V.cast(x1));
      x2 = a.lanewise(VectorOperators.FMA, b, V.cast(x2));
      x3 = a.lanewise(VectorOperators.FMA, b, V.cast(x3));
      x4 = a.lanewise(VectorOperators.FMA, b, V.cast(x4));
      x5 = a.lanewise(VectorOperators.FMA, b, V.cast(x5));
      x6 = a.lanewise(VectorOperators.FMA, b, V.cast(x6));
      x7 = a.lanewise(VectorOperators.FMA, b, V.cast(x7));
      x8 = a.lanewise(VectorOperators.FMA, b, V.cast(x8));
      x9 = a.lanewise(VectorOperators.FMA, b, V.cast(x9));
      x10 = a.lanewise(VectorOperators.FMA, b, V.cast(x10));
      x11 = a.lanewise(VectorOperators.FMA, b, V.cast(x11));
    }
    float sum = 0;
    sum += x0.lane(0);
    sum += x1.lane(0);
    sum += x2.lane(0);
    sum += x3.lane(0);
    sum += x4.lane(0);
    sum += x5.lane(0);
    sum += x6.lane(0);
    sum += x7.lane(0);
    sum += x8.lane(0);
    sum += x9.lane(0);
    sum += x10.lane(0);
    sum += x11.lane(0);
    return sum;
  }
}
