package dev.lathe.report.bench;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.DotProbeU8S8;
import dev.lathe.kernel.FmaProbeF32;
import dev.lathe.kernel.dispatch.KernelCatalog;
import dev.lathe.parallel.Workers;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The rate of multiply-accumulates a probe reached on this machine, on as many threads as the
 * networks use.
 *
 * @param kernel the probe
 * @param isa its tier
 * @param gmacs 10^9 multiply-accumulates per second of all threads together
 */
public record Peak(String kernel, Isa isa, int threads, double gmacs) {

  private static final long RUN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long BUDGET_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** How long the best of a probe must not have been beaten; the JIT has finished by then. */
  private static final long CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

  /** The same for a probe that is compiled before. */
  private static final long NATIVE_CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Does some rounds on one thread. */
  interface Rounds {
    double run(int worker, int count);
  }

  /** The fp32 fused multiply-add rate of the widest vectors. */
  static Peak fma(int threads) {
    FmaProbeF32 probe = KernelCatalog.of(FmaProbeF32.class).getFirst();
    double gmacs =
        measure((worker, count) -> probe.run(count), probe.macsPerRound(), threads, CALM_NANOS);
    return new Peak(probe.name().toString(), probe.isa(), threads, gmacs);
  }

  /** The rate of 8-bit products of a native tier. */
  static Peak dot(DotProbeU8S8 probe, int threads) {
    double gmacs =
        measure(
            (worker, count) -> probe.run(count), probe.macsPerRound(), threads, NATIVE_CALM_NANOS);
    return new Peak(probe.name().toString(), probe.isa(), threads, gmacs);
  }

  /** The better of two measurements. */
  Peak max(Peak other) {
    return gmacs >= other.gmacs ? this : other;
  }

  /**
   * Repeats runs of about a millisecond until the best has not been beaten for a while, and takes
   * the best.
   *
   * @param work of one round on one thread
   * @return work per nanosecond of all threads together
   */
  static double measure(Rounds probe, long work, int threads, long calmNanos) {
    double[] sink = new double[threads];
    double best = 0;
    int rounds = 100;
    try (Workers workers = new Workers(threads)) {
      long begin = System.nanoTime();
      long improved = begin;
      long now = begin;
      while (now - improved < calmNanos && now - begin < BUDGET_NANOS) {
        int count = rounds;
        long start = System.nanoTime();
        workers.run(
            (worker, barrier) -> {
              sink[worker] += probe.run(worker, count);
              barrier.await(worker);
            });
        now = System.nanoTime();
        double rate = (double) work * count * threads / (now - start);
        if (rate > 1.01 * best) {
          improved = now;
        }
        best = Math.max(best, rate);
        rounds = now - start < RUN_NANOS ? Math.min(2 * rounds, 1 << 24) : rounds;
      }
    }
    return best;
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kernel", kernel);
    json.put("threads", threads);
    json.put("gmacs", gmacs);
    return json;
  }
}
