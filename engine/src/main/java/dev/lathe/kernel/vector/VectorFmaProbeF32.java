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
 * instruction  vfmadd213ps (fmla): twelve per round, no memory access
 * range        every lane tends to 2: no denormals, no overflow
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
    FloatVector a = V.cast(FloatVector.broadcast(S, 0.5f));
    FloatVector b = V.cast(FloatVector.broadcast(S, 1));
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
      x0 = V.cast(x0.lanewise(VectorOperators.FMA, a, b));
      x1 = V.cast(x1.lanewise(VectorOperators.FMA, a, b));
      x2 = V.cast(x2.lanewise(VectorOperators.FMA, a, b));
      x3 = V.cast(x3.lanewise(VectorOperators.FMA, a, b));
      x4 = V.cast(x4.lanewise(VectorOperators.FMA, a, b));
      x5 = V.cast(x5.lanewise(VectorOperators.FMA, a, b));
      x6 = V.cast(x6.lanewise(VectorOperators.FMA, a, b));
      x7 = V.cast(x7.lanewise(VectorOperators.FMA, a, b));
      x8 = V.cast(x8.lanewise(VectorOperators.FMA, a, b));
      x9 = V.cast(x9.lanewise(VectorOperators.FMA, a, b));
      x10 = V.cast(x10.lanewise(VectorOperators.FMA, a, b));
      x11 = V.cast(x11.lanewise(VectorOperators.FMA, a, b));
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
