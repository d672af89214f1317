package dev.lathe.report.kernels;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.Kernel;
import dev.lathe.kernel.Spmm;
import dev.lathe.kernel.SpmmF32;
import dev.lathe.kernel.SpmmU8S8;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.kernel.dispatch.SparseCosts;
import dev.lathe.kernel.dispatch.SparseCosts.Kind;
import dev.lathe.report.kernels.SpmmTimer.Sample;
import dev.lathe.report.kernels.SpmmTimer.Timed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Measures {@link SparseCosts} on this processor: products of several extents and densities are
 * timed, and the constants fitted to their times by least squares of relative errors.
 */
public final class SparseCalibration {

  private static final List<Sample> SAMPLES =
      List.of(
          new Sample(384, 64, 256),
          new Sample(384, 256, 64),
          new Sample(384, 512, 128),
          new Sample(384, 256, 512));

  private static final double[] DENSITIES = {0.02, 0.1, 0.25};

  /** Timings of each product, of which the fastest counts. */
  private static final int ROUNDS = 3;

  private final Kind kind;
  private final Isa isa;
  private final SpmmTimer<?> timer;

  private SparseCalibration(Kind kind, Isa isa, SpmmTimer<?> timer) {
    this.kind = kind;
    this.isa = isa;
    this.timer = timer;
  }

  /**
   * Of fp32 and integer products on the tiers of their dense kernels, as far as these have sparse
   * ones.
   */
  public static List<SparseCalibration> all(KernelSelector selector) {
    List<SparseCalibration> all = new ArrayList<>();
    GemmF32 floats = selector.pick(GemmF32.class);
    List<SpmmF32> sparseFloats = of(selector, SpmmF32.class, floats);
    if (!sparseFloats.isEmpty()) {
      SpmmTimerF32 timer = new SpmmTimerF32(floats, sparseFloats);
      all.add(new SparseCalibration(Kind.F32, floats.isa(), timer));
    }
    GemmU8S8 bytes = selector.pick(GemmU8S8.class);
    List<SpmmU8S8> sparseBytes = of(selector, SpmmU8S8.class, bytes);
    if (!sparseBytes.isEmpty()) {
      SpmmTimerU8S8 timer = new SpmmTimerU8S8(bytes, sparseBytes);
      all.add(new SparseCalibration(Kind.U8S8, bytes.isa(), timer));
    }
    return all;
  }

  private static <K extends Spmm> List<K> of(
      KernelSelector selector, Class<K> contract, Kernel dense) {
    return selector.candidates(contract).stream()
        .filter(kernel -> kernel.isa() == dense.isa() && dense.isa() != Isa.SCALAR)
        .toList();
  }

  /**
   * Takes half a minute: the first round is there for the compiler, too.
   *
   * @param progress told how many of how many timings are done
   */
  public SparseCosts measure(BiConsumer<Integer, Integer> progress) {
    return measure(timer, progress);
  }

  private <K extends Spmm> SparseCosts measure(
      SpmmTimer<K> timer, BiConsumer<Integer, Integer> progress) {
    int each = SAMPLES.size();
    int total = ROUNDS * each * (1 + timer.kernels().size() * DENSITIES.length);
    int done = 0;
    double[] dense = new double[each];
    Arrays.fill(dense, Double.POSITIVE_INFINITY);
    Map<Integer, List<Timed>> sparse = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (int e = 0; e < each; e++) {
        dense[e] = Math.min(dense[e], timer.dense(SAMPLES.get(e)));
        progress.accept(++done, total);
      }
      for (K kernel : timer.kernels()) {
        List<Timed> best = sparse.computeIfAbsent(kernel.nr(), absent -> new ArrayList<>());
        for (int i = 0; i < each * DENSITIES.length; i++) {
          Sample sample = SAMPLES.get(i / DENSITIES.length);
          Timed timed = timer.sparse(kernel, sample, DENSITIES[i % DENSITIES.length]);
          if (round == 0) {
            best.add(timed);
          } else if (timed.nanoseconds() < best.get(i).nanoseconds()) {
            best.set(i, timed);
          }
          progress.accept(++done, total);
        }
      }
    }
    return fitted(dense, sparse);
  }

  private SparseCosts fitted(double[] denseTimes, Map<Integer, List<Timed>> sparse) {
    SparseCosts assumed = SparseCosts.assumed(kind, isa);
    double[] dense = fitDense(denseTimes);
    double[] single = fit(assumed, assumed.single().nr(), sparse);
    double[] quad = fit(assumed, assumed.quad().nr(), sparse);
    return new SparseCosts(
        kind,
        isa,
        true,
        assumed.tilePositions(),
        dense[0],
        dense[1],
        new SparseCosts.Lists(assumed.single().nr(), single[0], single[1]),
        new SparseCosts.Lists(assumed.quad().nr(), quad[0], quad[1]),
        (single[2] + quad[2]) / 2);
  }

  /** Nanoseconds of a multiply-add and, for integers, of an output. */
  private double[] fitDense(double[] times) {
    List<double[]> rows = new ArrayList<>();
    for (int e = 0; e < times.length; e++) {
      double outputs = (double) SAMPLES.get(e).m() * SAMPLES.get(e).n();
      double ofEpilogue = kind == Kind.F32 ? 0 : outputs;
      rows.add(new double[] {outputs * SAMPLES.get(e).k(), ofEpilogue, times[e]});
    }
    return RelativeFit.of(rows);
  }

  private static double[] fit(SparseCosts assumed, int nr, Map<Integer, List<Timed>> sparse) {
    List<Timed> times = sparse.getOrDefault(nr, List.of());
    return RelativeFit.of(times.stream().map(timed -> row(assumed, nr, timed)).toList());
  }

  /** How often each constant counts in a timing, and the timing. */
  private static double[] row(SparseCosts costs, int nr, Timed timed) {
    double[] row = {0, 0, 0, timed.nanoseconds()};
    for (int i = 0; i < 3; i++) {
      SparseCosts unit = costs.with(i == 0 ? 1 : 0, i == 1 ? 1 : 0, i == 2 ? 1 : 0);
      row[i] = unit.sparse(timed.shape(), 1, nr, (double) timed.entries());
    }
    return row;
  }
}
