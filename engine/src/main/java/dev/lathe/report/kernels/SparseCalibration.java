package dev.lathe.report.kernels;

import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.SpmmF32;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.kernel.dispatch.SparseCosts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Measures {@link SparseCosts} on this processor: products of several extents and densities are
 * timed, and the constants fitted to their times by least squares of relative errors.
 */
public final class SparseCalibration {

  private static final int M = 384;

  /** Extents k and n. */
  private static final int[][] EXTENTS = {{64, 256}, {256, 64}, {512, 128}, {256, 512}};

  private static final double[] DENSITIES = {0.02, 0.1, 0.25};

  /** Timings of each product, of which the fastest counts. */
  private static final int ROUNDS = 3;

  private final GemmF32 dense;
  private final List<SpmmF32> kernels;

  private SparseCalibration(GemmF32 dense, List<SpmmF32> kernels) {
    this.dense = dense;
    this.kernels = kernels;
  }

  /** Of the tier of the dense fp32 kernel, or nothing where that has no sparse kernels. */
  public static Optional<SparseCalibration> of(KernelSelector selector) {
    GemmF32 dense = selector.pick(GemmF32.class);
    List<SpmmF32> kernels =
        selector.candidates(SpmmF32.class).stream()
            .filter(kernel -> kernel.isa() == dense.isa())
            .toList();
    return dense.isa().isVector()
        ? Optional.of(new SparseCalibration(dense, kernels))
        : Optional.empty();
  }

  /**
   * Takes half a minute: the first round is there for the compiler, too.
   *
   * @param progress told how many of how many timings are done
   */
  public SparseCosts measure(BiConsumer<Integer, Integer> progress) {
    int total = ROUNDS * EXTENTS.length * (1 + kernels.size() * DENSITIES.length);
    int done = 0;
    double[] denseTimes = new double[EXTENTS.length];
    Arrays.fill(denseTimes, Double.POSITIVE_INFINITY);
    Map<SpmmF32, List<SpmmSample.Timed>> sparse = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (int e = 0; e < EXTENTS.length; e++) {
        SpmmSample sample = new SpmmSample(M, EXTENTS[e][0], EXTENTS[e][1], 1);
        denseTimes[e] = Math.min(denseTimes[e], sample.dense(dense));
        progress.accept(++done, total);
      }
      for (SpmmF32 kernel : kernels) {
        for (int i = 0; i < EXTENTS.length * DENSITIES.length; i++) {
          int[] extents = EXTENTS[i / DENSITIES.length];
          double density = DENSITIES[i % DENSITIES.length];
          SpmmSample.Timed timed =
              new SpmmSample(M, extents[0], extents[1], density).sparse(kernel);
          List<SpmmSample.Timed> best = sparse.computeIfAbsent(kernel, absent -> new ArrayList<>());
          if (round == 0) {
            best.add(timed);
          } else if (timed.nanoseconds() < best.get(i).nanoseconds()) {
            best.set(i, timed);
          }
          progress.accept(++done, total);
        }
      }
    }
    return fitted(denseTimes, sparse);
  }

  private SparseCosts fitted(double[] denseTimes, Map<SpmmF32, List<SpmmSample.Timed>> sparse) {
    SparseCosts assumed = SparseCosts.assumed(dense.isa());
    double mac = 0;
    for (int e = 0; e < EXTENTS.length; e++) {
      mac += denseTimes[e] / ((double) M * EXTENTS[e][0] * EXTENTS[e][1]) / EXTENTS.length;
    }
    double[][] fits = new double[2][];
    sparse.forEach(
        (kernel, times) ->
            fits[kernel.nr() == 1 ? 0 : 1] =
                RelativeFit.of(
                    times.stream().map(timed -> row(assumed, kernel.nr(), timed)).toList()));
    return new SparseCosts(
        dense.isa(),
        true,
        assumed.tilePositions(),
        mac,
        new SparseCosts.Lists(1, fits[0][0], fits[0][1]),
        new SparseCosts.Lists(4, fits[1][0], fits[1][1]),
        (fits[0][2] + fits[1][2]) / 2);
  }

  /** How often each constant counts in a timing, and the timing. */
  private static double[] row(SparseCosts costs, int nr, SpmmSample.Timed timed) {
    double[] row = {0, 0, 0, timed.nanoseconds()};
    for (int i = 0; i < 3; i++) {
      SparseCosts unit = costs.with(i == 0 ? 1 : 0, i == 1 ? 1 : 0, i == 2 ? 1 : 0);
      row[i] = unit.sparse(timed.shape(), 1, nr, (double) timed.entries());
    }
    return row;
  }
}
