package dev.lathe.report.kernels;

import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SpmmF32;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;

/** Of float32 products; weights are zero one by one, or in blocks of 4x4. */
final class SpmmTimerF32 extends SpmmTimer<SpmmF32> {

  private final GemmF32 dense;

  SpmmTimerF32(GemmF32 dense, List<SpmmF32> kernels) {
    super(kernels);
    this.dense = dense;
  }

  @Override
  Runnable denseRun(Arena arena, Sample sample, RhsView weights) {
    int m = sample.m();
    int n = sample.n();
    GemmShape shape = GemmShape.product(m, n, sample.k(), sample.k(), n);
    MemorySegment packed = arena.allocate(dense.rhsLayout().bytes(weights), 64);
    dense.rhsLayout().pack(weights, packed);
    MemorySegment rows = rows(arena, (long) m * sample.k());
    MemorySegment dst = arena.allocate(4L * m * n, 64);
    return () ->
        dense.run(shape, FloatEpilogue.NONE, rows, 0, packed, 0, null, null, 0, dst, 0, 0, m, 0, n);
  }

  @Override
  Runnable sparseRun(Arena arena, SpmmF32 kernel, SlabShape shape, MemorySegment packed) {
    int m = shape.height().out();
    MemorySegment rows = rows(arena, (long) m * shape.k());
    MemorySegment dst = arena.allocate(4L * m * shape.n(), 64);
    return () -> kernel.run(shape, FloatEpilogue.NONE, rows, 0, packed, null, 0, dst, 0, 0, m);
  }

  private static MemorySegment rows(Arena arena, long elements) {
    Random random = new Random(1);
    MemorySegment rows = arena.allocate(4 * elements, 64);
    for (long i = 0; i < elements; i++) {
      rows.set(Tensor.F32, 4 * i, random.nextFloat());
    }
    return rows;
  }

  @Override
  int weightBytes() {
    return 4;
  }

  @Override
  int blockColumns(int nr) {
    return nr;
  }

  @Override
  void set(MemorySegment weights, long index, Random random) {
    weights.set(Tensor.F32, 4 * index, 0.5f + random.nextFloat());
  }
}
