package dev.lathe.kernel.vector;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.RowsF32;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@link RowsF32} on the Vector API, a loop of its own per function. */
final class VectorRowsF32 implements RowsF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());

  private final PerOperation<Function, RowsLoop> loops =
      new PerOperation<>(VectorRowsLoopF32.class, ISA);

  @Override
  public KernelName name() {
    return KernelName.of("f32", "rows", ISA);
  }

  @Override
  public void run(
      Function function,
      float epsilon,
      @Nullable MemorySegment scale,
      @Nullable MemorySegment bias,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      int length,
      long rows) {
    if (function.isAffine()) {
      Objects.requireNonNull(scale, "scale");
    }
    long bytes = Math.multiplyExact(4L * length, rows);
    long from = Vectors.address(src, srcAt, bytes);
    long to = Vectors.address(dst, dstAt, bytes);
    long scaleFrom = scale == null ? 0 : Vectors.address(scale, 0, 4L * length);
    long biasFrom = bias == null ? 0 : Vectors.address(bias, 0, 4L * length);
    loops.get(function).run(epsilon, scaleFrom, biasFrom, from, to, length, rows);
  }
}
