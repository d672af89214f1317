package dev.lathe.kernel.vector;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PoolF32;
import dev.lathe.kernel.Window;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@link PoolF32} on the Vector API, a loop of its own per kind. */
final class VectorPoolF32 implements PoolF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());

  private final PerOperation<PoolLoop.Kind, PoolLoop> loops =
      new PerOperation<>(VectorPoolLoopF32.class, ISA);

  @Override
  public KernelName name() {
    return KernelName.of("f32", "pool", ISA);
  }

  @Override
  public void run(
      Window window,
      @Nullable MemorySegment divisors,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo) {
    Objects.checkFromToIndex(rowFrom, rowTo, window.outHeight());
    long from = Vectors.address(src, srcAt, 4 * window.inElements());
    long to = Vectors.address(dst, dstAt, 4 * window.outElements());
    if (divisors == null) {
      loops.get(PoolLoop.Kind.MAX).run(window, 0, from, to, rowFrom, rowTo);
    } else {
      long pixels = (long) window.outHeight() * window.outWidth();
      long by = Vectors.address(divisors, 0, 4 * pixels);
      loops.get(PoolLoop.Kind.AVERAGE).run(window, by, from, to, rowFrom, rowTo);
    }
  }
}
