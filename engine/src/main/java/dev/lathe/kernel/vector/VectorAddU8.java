package dev.lathe.kernel.vector;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.AddU8;
import dev.lathe.kernel.KernelName;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/** {@link AddU8} on the Vector API: whole vectors, then one of fewer elements. */
final class VectorAddU8 implements AddU8 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final Class<? extends IntVector> VI = Vectors.exactInt(Vectors.ints(ISA));
  private static final LanesU8 BYTES = Specialization.of(VectorLanesU8.class, ISA);
  private static final int LANES = S.length();

  @Override
  public KernelName name() {
    return KernelName.of("u8", "add", ISA);
  }

  @Override
  public void run(
      Params params,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      long rhsAt,
      MemorySegment dst,
      long dstAt,
      long count) {
    long a = Vectors.address(lhs, lhsAt, count);
    long b = Vectors.address(rhs, rhsAt, count);
    long to = Vectors.address(dst, dstAt, count);
    long i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector q = sum(params, VI.cast(BYTES.load(a + i)), VI.cast(BYTES.load(b + i)));
      BYTES.store(q, 0, params.min(), params.max(), to + i);
    }
    if (i < count) {
      int rest = (int) (count - i);
      IntVector x = VI.cast(BYTES.load(a + i, rest));
      FloatVector q = sum(params, x, VI.cast(BYTES.load(b + i, rest)));
      BYTES.store(q, 0, params.min(), params.max(), to + i, rest);
    }
  }

  private static FloatVector sum(Params params, IntVector a, IntVector b) {
    FloatVector x = V.cast(BYTES.levels(a));
    return V.cast(BYTES.sum(params.sum(), x, V.cast(BYTES.levels(b))));
  }
}
