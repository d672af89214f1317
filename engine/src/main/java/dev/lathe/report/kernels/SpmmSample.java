package dev.lathe.report.kernels;

import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.OperandLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SpmmF32;
import dev.lathe.kernel.pack.SparseRowsF32;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/**
 * A product of random rows and weights, timed with a dense and with sparse kernels.
 *
 * @param density share of weights, or of blocks of 4x4, that are not zero
 */
record SpmmSample(int m, int k, int n, double density) {

  /** Runs per timing, of which the fastest counts, after {@link #WARM_UP} others. */
  private static final int RUNS = 15;

  private static final long WARM_UP = 150_000_000;

  /** Nanoseconds of the fastest run. */
  double dense(GemmF32 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      RhsView weights = weights(arena, 1);
      MemorySegment packed = arena.allocate(kernel.rhsLayout().bytes(weights), 64);
      kernel.rhsLayout().pack(weights, packed);
      MemorySegment rows = rows(arena);
      MemorySegment dst = arena.allocate(4L * m * n, 64);
      GemmShape shape = GemmShape.product(m, n, k, k, n);
      return fastest(
          () ->
              kernel.run(
                  shape,
                  FloatEpilogue.NONE,
                  rows,
                  0,
                  packed,
                  0,
                  null,
                  null,
                  0,
                  dst,
                  0,
                  0,
                  m,
                  0,
                  n));
    }
  }

  /** Nanoseconds of the fastest run, and how many entries the weights have. */
  Timed sparse(SpmmF32 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      RhsView weights = weights(arena, kernel.nr());
      SlabShape shape = SlabShape.product(m, k, n, k, n, kernel.mr());
      OperandLayout layout = kernel.rhsLayout(shape);
      MemorySegment packed = arena.allocate(layout.bytes(weights), 64);
      layout.pack(weights, packed);
      MemorySegment rows = rows(arena);
      MemorySegment dst = arena.allocate(4L * m * n, 64);
      double nanoseconds =
          fastest(
              () -> kernel.run(shape, FloatEpilogue.NONE, rows, 0, packed, null, 0, dst, 0, 0, m));
      return new Timed(shape, SparseRowsF32.entries(weights, kernel.nr()), nanoseconds);
    }
  }

  /** A timing of a sparse kernel. */
  record Timed(SlabShape shape, long entries, double nanoseconds) {}

  private static double fastest(Runnable run) {
    long end = System.nanoTime() + WARM_UP;
    do {
      run.run();
    } while (System.nanoTime() < end);
    double fastest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < RUNS; i++) {
      long start = System.nanoTime();
      run.run();
      fastest = Math.min(fastest, (double) (System.nanoTime() - start));
    }
    return fastest;
  }

  private MemorySegment rows(Arena arena) {
    Random random = new Random(1);
    MemorySegment rows = arena.allocate(4L * m * k, 64);
    for (long i = 0; i < (long) m * k; i++) {
      rows.set(Tensor.F32, 4 * i, random.nextFloat());
    }
    return rows;
  }

  /** Weights [n][k] with zeros one by one, or in blocks of {@code side} times {@code side}. */
  private RhsView weights(Arena arena, int side) {
    Random random = new Random(2);
    MemorySegment weights = arena.allocate(4L * n * k, 64);
    for (int row = 0; row < n; row += side) {
      for (int column = 0; column < k; column += side) {
        boolean there = random.nextDouble() < density;
        for (int i = 0; there && i < side * side; i++) {
          long at = (long) (row + i / side) * k + column + i % side;
          weights.set(Tensor.F32, 4 * at, 0.5f + random.nextFloat());
        }
      }
    }
    return RhsView.transposed(weights, k, n);
  }
}
