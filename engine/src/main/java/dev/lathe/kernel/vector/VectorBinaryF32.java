package dev.lathe.kernel.vector;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.KernelName;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;

/** {@link BinaryF32} on the Vector API, a loop of its own per function. */
final class VectorBinaryF32 implements BinaryF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());

  private final PerOperation<Function, BinaryLoop> loops =
      new PerOperation<>(VectorBinaryLoopF32.class, ISA);

  @Override
  public KernelName name() {
    return KernelName.of("f32", "binary", ISA);
  }

  @Override
  public void run(
      Function function,
      MemorySegment lhs,
      long lhsAt,
      int lhsStep,
      MemorySegment rhs,
      long rhsAt,
      int rhsStep,
      MemorySegment dst,
      long dstAt,
      long count) {
    if (count == 0) {
      return;
    }
    long left = Vectors.address(lhs, lhsAt, lhsStep == 0 ? 4 : 4 * count);
    long right = Vectors.address(rhs, rhsAt, rhsStep == 0 ? 4 : 4 * count);
    long to = Vectors.address(dst, dstAt, 4 * count);
    loops.get(function).run(left, lhsStep, right, rhsStep, to, count);
  }
}
