package dev.lathe.report.kernels;

import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SlabAxis;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SparseLayout;
import dev.lathe.kernel.Spmm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;

/**
 * Times products of random rows and weights with the dense and the sparse kernels of one tier.
 *
 * @param <K> the contract of the sparse kernels
 */
abstract class SpmmTimer<K extends Spmm> {

  /** Runs per timing, of which the fastest counts, after {@link #WARM_UP} others. */
  private static final int RUNS = 15;

  private static final long WARM_UP = 150_000_000;

  private final List<K> kernels;

  SpmmTimer(List<K> kernels) {
    this.kernels = kernels;
  }

  /** A product of rows [m][k] and weights [n][k]. */
  record Sample(int m, int k, int n) {}

  /** A timing of a sparse kernel. */
  record Timed(SlabShape shape, long entries, double nanoseconds) {}

  final List<K> kernels() {
    return kernels;
  }

  /** Nanoseconds of the fastest run. */
  final double dense(Sample sample) {
    try (Arena arena = Arena.ofConfined()) {
      return fastest(denseRun(arena, sample, weights(arena, sample, 1, 1)));
    }
  }

  /**
   * Nanoseconds of the fastest run, and how many entries the weights have.
   *
   * @param density share of blocks of weights that are not zero
   */
  final Timed sparse(K kernel, Sample sample, double density) {
    try (Arena arena = Arena.ofConfined()) {
      RhsView weights = weights(arena, sample, kernel.nr(), density);
      int n = sample.n;
      int k = sample.k;
      SlabShape shape = kernel.shape(SlabAxis.of(sample.m), SlabAxis.of(1), k, n, k, n);
      SparseLayout layout = kernel.rhsLayout(shape);
      MemorySegment packed = arena.allocate(layout.bytes(weights), 64);
      layout.pack(weights, packed);
      double nanoseconds = fastest(sparseRun(arena, kernel, shape, packed));
      return new Timed(shape, layout.entries(weights), nanoseconds);
    }
  }

  /** A run of the dense kernel. */
  abstract Runnable denseRun(Arena arena, Sample sample, RhsView weights);

  /** A run of a sparse kernel. */
  abstract Runnable sparseRun(Arena arena, K kernel, SlabShape shape, MemorySegment packed);

  /** Bytes of a weight. */
  abstract int weightBytes();

  /** Input channels of a block. */
  abstract int blockColumns(int nr);

  /** Sets a weight to what is not zero. */
  abstract void set(MemorySegment weights, long index, Random random);

  /** Weights [n][k] with zeros in blocks of {@code nr} output channels. */
  private RhsView weights(Arena arena, Sample sample, int nr, double density) {
    Random random = new Random(2);
    MemorySegment weights = arena.allocate((long) weightBytes() * sample.n * sample.k, 64);
    int columns = blockColumns(nr);
    for (int row = 0; row < sample.n; row += nr) {
      for (int column = 0; column < sample.k; column += columns) {
        boolean there = random.nextDouble() < density;
        for (int i = 0; there && i < nr * columns; i++) {
          set(weights, (long) (row + i / columns) * sample.k + column + i % columns, random);
        }
      }
    }
    return RhsView.transposed(weights, sample.k, sample.n);
  }

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
}
