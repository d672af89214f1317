package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.F32;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.RangeF32;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** {@link RangeF32} on the Vector API: two vectors at a time, the last ones overlapping. */
final class VectorRangeF32 implements RangeF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final int LANES = S.length();

  /** Elements of two vectors. */
  private static final long STEP = 2L * LANES;

  @Override
  public KernelName name() {
    return KernelName.of("f32", "range", ISA);
  }

  @Override
  public void run(MemorySegment src, long srcAt, MemorySegment dst, long dstAt, long count) {
    long from = Vectors.address(src, srcAt, 4 * count);
    long to = Vectors.address(dst, dstAt, 8);
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    if (count < STEP) {
      for (long i = 0; i < count; i++) {
        float x = ALL.get(F32, (from + 4 * i) & ADDRESS);
        min = Math.min(min, x);
        max = Math.max(max, x);
      }
    } else {
      FloatVector low = V.cast(FloatVector.broadcast(S, min));
      FloatVector high = V.cast(FloatVector.broadcast(S, max));
      FloatVector low2 = low;
      FloatVector high2 = high;
      for (long i = 0; i < count; i += STEP) {
        long at = Math.min(i, count - STEP);
        FloatVector x = load(from + 4 * at);
        FloatVector y = load(from + 4 * (at + LANES));
        low = V.cast(V.cast(low).lanewise(MIN, x));
        high = V.cast(V.cast(high).lanewise(MAX, x));
        low2 = V.cast(V.cast(low2).lanewise(MIN, y));
        high2 = V.cast(V.cast(high2).lanewise(MAX, y));
      }
      min = V.cast(V.cast(low).lanewise(MIN, V.cast(low2))).reduceLanes(MIN);
      max = V.cast(V.cast(high).lanewise(MAX, V.cast(high2))).reduceLanes(MAX);
    }
    ALL.set(F32, to & ADDRESS, min);
    ALL.set(F32, (to + 4) & ADDRESS, max);
  }

  private static FloatVector load(long at) {
    return V.cast(FloatVector.fromMemorySegment(S, ALL, at & ADDRESS, LE));
  }
}
