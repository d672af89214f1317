package dev.lathe.op;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SlabAxis;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.Spmm;
import dev.lathe.kernel.SpmmF32;
import dev.lathe.kernel.SpmmU8S8;
import dev.lathe.kernel.dispatch.FloatMath;
import dev.lathe.kernel.dispatch.MeasuredCosts;
import dev.lathe.kernel.dispatch.SparseCosts;
import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.kernel.dispatch.SparsePolicy;
import dev.lathe.plan.Lowering;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sparse kernel for constant weights, where one is faster than the dense kernel of its tier.
 *
 * @param shape of one group of one image
 */
record SpmmChoice<K extends Spmm>(K kernel, SlabShape shape) {

  /** Below this share of zeros no sparse kernel is faster, whatever the costs: not worth a look. */
  private static final double LEAST_SPARSITY = 0.25;

  /** Elements a slab may have, 64 MiB: each thread keeps one. */
  private static final long MOST_ELEMENTS = 1 << 24;

  /** Weights that are read at a time. */
  private static final int READ_ELEMENTS = 1 << 14;

  /** The extents of a product whose weights may be sparse. */
  record Problem(
      SlabAxis height, SlabAxis width, int k, int n, long lhsStride, long dstStride, int images) {

    /** {@code m} rows of k elements. */
    static Problem product(int m, int k, int n, long lhsStride, long dstStride) {
      return new Problem(SlabAxis.of(m), SlabAxis.of(1), k, n, lhsStride, dstStride, 1);
    }

    boolean isEmpty() {
      return k == 0 || n == 0 || images == 0 || height.out() == 0 || width.out() == 0;
    }

    SlabShape shape(Spmm kernel) {
      return kernel.shape(height, width, k, n, lhsStride, dstStride);
    }
  }

  /**
   * The fastest sparse fp32 kernel, or null when the dense one is.
   *
   * @param weights all of the constant
   * @param groups one view each
   */
  static @Nullable SpmmChoice<SpmmF32> f32(
      Lowering lowering, Problem problem, Tensor weights, List<RhsView> groups) {
    if (lowering.kernels().math() != FloatMath.FP32) {
      return null;
    }
    Isa isa = lowering.kernels().pick(GemmF32.class).isa();
    return of(lowering, SpmmF32.class, SparseCosts.Kind.F32, isa, problem, weights, groups);
  }

  /**
   * The fastest sparse integer kernel, or null when the dense one is.
   *
   * @param dense the dense product
   * @param weights all of the constant, int8 without zero points
   * @param groups one view each
   */
  static @Nullable SpmmChoice<SpmmU8S8> u8s8(
      Lowering lowering, GemmShape dense, Problem problem, Tensor weights, List<RhsView> groups) {
    Isa isa = lowering.kernels().pick(GemmU8S8.class, kernel -> kernel.accepts(dense)).isa();
    return of(lowering, SpmmU8S8.class, SparseCosts.Kind.U8S8, isa, problem, weights, groups);
  }

  private static <K extends Spmm> @Nullable SpmmChoice<K> of(
      Lowering lowering,
      Class<K> contract,
      SparseCosts.Kind kind,
      Isa isa,
      Problem problem,
      Tensor weights,
      List<RhsView> groups) {
    SparsePolicy policy = lowering.kernels().sparse();
    if (policy == SparsePolicy.NEVER || isa == Isa.SCALAR || problem.isEmpty()) {
      return null;
    }
    SparseCosts costs = MeasuredCosts.of(kind, isa);
    double sparsity = sparsity(weights);
    boolean look = policy == SparsePolicy.ALWAYS || sparsity >= LEAST_SPARSITY;
    SpmmChoice<K> best = null;
    double least = Double.POSITIVE_INFINITY;
    for (K kernel : lowering.kernels().candidates(contract)) {
      SlabShape shape = problem.shape(kernel);
      if (kernel.isa() != isa || shape.slabElements(kernel.mr()) > MOST_ELEMENTS) {
        continue;
      }
      double cost = Double.POSITIVE_INFINITY;
      if (look) {
        double entries = 0;
        for (RhsView group : groups) {
          entries += (double) kernel.rhsLayout(shape).entries(group) / groups.size();
        }
        cost = groups.size() * costs.sparse(shape, problem.images, kernel.nr(), entries);
      }
      if (best == null || cost < least) {
        least = cost;
        best = new SpmmChoice<>(kernel, shape);
      }
    }
    if (best == null) {
      return null;
    }
    double dense = groups.size() * costs.dense(best.shape, problem.images);
    boolean chosen = policy == SparsePolicy.ALWAYS || least < dense;
    lowering.predict(
        new SparseForecast(
            costs, best.shape, problem.images, groups.size(), sparsity, least, chosen));
    return chosen ? best : null;
  }

  private static double sparsity(Tensor weights) {
    long zeros = 0;
    int most = (int) Math.min(weights.elements(), READ_ELEMENTS);
    byte[] bytes = new byte[weights.dtype() == DType.INT8 ? most : 0];
    float[] floats = new float[most - bytes.length];
    for (long from = 0; from < weights.elements(); from += most) {
      int count = (int) Math.min(most, weights.elements() - from);
      if (weights.dtype() == DType.INT8) {
        MemorySegment.copy(weights.data(), Tensor.I8, from, bytes, 0, count);
        for (int i = 0; i < count; i++) {
          zeros += bytes[i] == 0 ? 1 : 0;
        }
      } else {
        MemorySegment.copy(weights.data(), Tensor.F32, 4 * from, floats, 0, count);
        for (int i = 0; i < count; i++) {
          zeros += floats[i] == 0 ? 1 : 0;
        }
      }
    }
    return (double) zeros / Math.max(1, weights.elements());
  }
}
