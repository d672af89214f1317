package dev.lathe.op;

import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SlabAxis;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SpmmF32;
import dev.lathe.kernel.dispatch.MeasuredCosts;
import dev.lathe.kernel.dispatch.SparseCosts;
import dev.lathe.kernel.dispatch.SparsePolicy;
import dev.lathe.kernel.pack.SparseRowsF32;
import dev.lathe.plan.Lowering;
import dev.lathe.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sparse kernel for constant fp32 weights, where one is faster than the dense kernel of its
 * tier.
 *
 * @param shape of one group of one image
 */
record SpmmChoice(SpmmF32 kernel, SlabShape shape) {

  /** Below this share of zeros no sparse kernel is faster, whatever the costs: not worth a look. */
  private static final double LEAST_SPARSITY = 0.25;

  /** Elements a slab may have, 64 MiB: each thread keeps one. */
  private static final long MOST_ELEMENTS = 1 << 24;

  /** The extents of a product whose weights may be sparse. */
  record Problem(
      SlabAxis height, SlabAxis width, int k, int n, long lhsStride, long dstStride, int images) {

    /** {@code m} rows of k elements. */
    static Problem product(int m, int k, int n, long lhsStride, long dstStride) {
      return new Problem(SlabAxis.of(m), SlabAxis.of(1), k, n, lhsStride, dstStride, 1);
    }

    SlabShape shape(SpmmF32 kernel) {
      return SlabShape.of(height, width, k, n, lhsStride, dstStride, kernel.mr());
    }
  }

  /**
   * The fastest sparse kernel, or null when the dense one is.
   *
   * @param weights all of the constant
   * @param groups one view each
   */
  static @Nullable SpmmChoice of(
      Lowering lowering, Problem problem, Tensor weights, List<RhsView> groups) {
    SparsePolicy policy = lowering.kernels().sparse();
    GemmF32 dense = lowering.kernels().pick(GemmF32.class);
    boolean never = policy == SparsePolicy.NEVER || !dense.isa().isVector();
    if (never || (policy == SparsePolicy.AUTO && sparsity(weights) < LEAST_SPARSITY)) {
      return null;
    }
    SparseCosts costs = MeasuredCosts.of(dense.isa());
    SpmmChoice best = null;
    double least = Double.POSITIVE_INFINITY;
    for (SpmmF32 kernel : lowering.kernels().candidates(SpmmF32.class)) {
      SlabShape shape = problem.shape(kernel);
      if (kernel.isa() != dense.isa() || shape.slabElements(kernel.mr()) > MOST_ELEMENTS) {
        continue;
      }
      double cost = 0;
      double bound = policy == SparsePolicy.ALWAYS ? Double.POSITIVE_INFINITY : 0;
      for (RhsView group : groups) {
        long entries = SparseRowsF32.entries(group, kernel.nr());
        cost += costs.sparse(shape, problem.images, kernel.nr(), (double) entries);
        bound += costs.dense(shape, problem.images);
      }
      if (cost < Math.min(bound, least)) {
        least = cost;
        best = new SpmmChoice(kernel, shape);
      }
    }
    return best;
  }

  private static double sparsity(Tensor weights) {
    long zeros = 0;
    for (long i = 0; i < weights.elements(); i++) {
      zeros += weights.f32(i) == 0 ? 1 : 0;
    }
    return (double) zeros / Math.max(1, weights.elements());
  }
}
