package dev.lathe.kernel.vector;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.Kernel;
import dev.lathe.kernel.KernelName;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * A template that tells what it was specialised for: its name says the tier, its tile the lanes.
 */
final class LaneCounter implements Kernel {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);

  @Override
  public KernelName name() {
    FloatVector ones = V.cast(FloatVector.broadcast(S, 1));
    return KernelName.of("f32", "lanes", 1, ones.length(), ISA);
  }
}
