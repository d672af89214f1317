package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static jdk.incubator.vector.VectorOperators.XOR;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.ReadProbe;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link ReadProbe} in whole vectors.
 *
 * <pre>
 * registers    four sums: the loads are the bottleneck, not the exclusive or
 * instruction  vpxor with a memory operand (ldr, eor): eight vectors per iteration
 * </pre>
 */
final class VectorReadProbe implements ReadProbe {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Integer> S = Vectors.ints(ISA);
  private static final Class<? extends IntVector> V = Vectors.exactInt(S);
  private static final int BYTES = S.vectorByteSize();

  @Override
  public KernelName name() {
    return KernelName.of("s32", "readprobe", ISA);
  }

  @Override
  public int run(MemorySegment memory, long bytes, int rounds) {
    long from = Vectors.address(memory, 0, bytes);
    int all = 0;
    for (int round = 0; round < rounds; round++) {
      all ^= once(from, from + bytes);
    }
    return all;
  }

  private static int once(long from, long to) {
    IntVector x0 = V.cast(IntVector.zero(S));
    IntVector x1 = V.cast(IntVector.zero(S));
    IntVector x2 = V.cast(IntVector.zero(S));
    IntVector x3 = V.cast(IntVector.zero(S));
    for (long at = from; at < to; at += 8L * BYTES) {
      x0 = V.cast(x0.lanewise(XOR, read(at)));
      x1 = V.cast(x1.lanewise(XOR, read(at + BYTES)));
      x2 = V.cast(x2.lanewise(XOR, read(at + 2L * BYTES)));
      x3 = V.cast(x3.lanewise(XOR, read(at + 3L * BYTES)));
      x0 = V.cast(x0.lanewise(XOR, read(at + 4L * BYTES)));
      x1 = V.cast(x1.lanewise(XOR, read(at + 5L * BYTES)));
      x2 = V.cast(x2.lanewise(XOR, read(at + 6L * BYTES)));
      x3 = V.cast(x3.lanewise(XOR, read(at + 7L * BYTES)));
    }
    x0 = V.cast(V.cast(x0.lanewise(XOR, x1)).lanewise(XOR, V.cast(x2.lanewise(XOR, x3))));
    return x0.reduceLanes(XOR);
  }

  private static IntVector read(long at) {
    return V.cast(IntVector.fromMemorySegment(S, ALL, at & ADDRESS, LE));
  }
}
