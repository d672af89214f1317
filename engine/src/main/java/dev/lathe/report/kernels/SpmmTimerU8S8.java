package dev.lathe.report.kernels;

import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SpmmU8S8;
import dev.lathe.kernel.pack.SparseQuadsS8;
import dev.lathe.kernel.pack.SparseTilesS8;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;

/** Of integer products; weights are zero in blocks of 1x4 or 4x4. */
final class SpmmTimerU8S8 extends SpmmTimer<SpmmU8S8> {

  private final GemmU8S8 dense;

  SpmmTimerU8S8(GemmU8S8 dense, List<SpmmU8S8> kernels) {
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
    MemorySegment dst = arena.allocate((long) m * n, 64);
    MemorySegment scratch = arena.allocate(Math.max(64, dense.scratchBytes(shape)), 64);
    Requantize epilogue = epilogue(arena, n);
    return () ->
        dense.run(
            shape, epilogue, rows, 0, packed, 0, null, null, null, 0, scratch, 0, dst, 0, 0, m, 0,
            n);
  }

  @Override
  Runnable sparseRun(Arena arena, SpmmU8S8 kernel, SlabShape shape, MemorySegment packed) {
    int m = shape.height().out();
    MemorySegment rows = rows(arena, (long) m * shape.k());
    MemorySegment dst = arena.allocate((long) m * shape.n(), 64);
    MemorySegment scratch = arena.allocate(kernel.scratchBytes(shape), 64);
    Requantize epilogue = epilogue(arena, shape.n());
    return () ->
        kernel.run(shape, epilogue, rows, 0, 128, packed, null, 0, scratch, 0, dst, 0, 0, m);
  }

  private static Requantize epilogue(Arena arena, int n) {
    MemorySegment bias = arena.allocate(Math.ceilDiv(4L * n, 64L) * 64, 64);
    MemorySegment scale = arena.allocate(Math.ceilDiv(4L * n, 64L) * 64, 64);
    for (long i = 0; i < n; i++) {
      scale.set(Tensor.F32, 4 * i, 1e-4f);
    }
    return new Requantize(bias, scale, 128, 0, 255, null);
  }

  private static MemorySegment rows(Arena arena, long bytes) {
    byte[] random = new byte[Math.toIntExact(bytes)];
    new Random(1).nextBytes(random);
    return arena.allocate(bytes, 64).copyFrom(MemorySegment.ofArray(random));
  }

  @Override
  int weightBytes() {
    return 1;
  }

  @Override
  int blockColumns(int nr) {
    return nr == SparseTilesS8.NR ? SparseTilesS8.KR : SparseQuadsS8.KR;
  }

  @Override
  void set(MemorySegment weights, long index, Random random) {
    weights.set(Tensor.I8, index, (byte) (1 + random.nextInt(100)));
  }
}
