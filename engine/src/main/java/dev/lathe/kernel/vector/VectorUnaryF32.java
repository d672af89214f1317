package dev.lathe.kernel.vector;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.UnaryF32;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;

/** {@link UnaryF32} on the Vector API, a loop of its own per function. */
final class VectorUnaryF32 implements UnaryF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());

  private final PerOperation<Function, UnaryLoop> loops =
      new PerOperation<>(VectorUnaryLoopF32.class, ISA);

  @Override
  public KernelName name() {
    return KernelName.of("f32", "unary", ISA);
  }

  @Override
  public void run(
      Function function,
      float a,
      float b,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      long count) {
    long from = Vectors.address(src, srcAt, 4 * count);
    long to = Vectors.address(dst, dstAt, 4 * count);
    loops.get(function).run(a, b, from, to, count);
  }
}
