package dev.lathe.report.bench;

import dev.lathe.kernel.FmaProbeF32;
import dev.lathe.kernel.dispatch.KernelCatalog;
import dev.lathe.parallel.Workers;

/**
 * The fp32 fused multiply-add rate of this machine, measured on as many threads as the networks
 * use.
 *
 * @param kernel the probe
 * @param gmacs 10^9 multiply-accumulates per second of all threads together
 */
public record FmaPeak(String kernel, int threads, double gmacs) {

  private static final long RUN_NANOS = 1_000_000;
  private static final long CALM_NANOS = 1_500_000_000;
  private static final long BUDGET_NANOS = 10_000_000_000L;

  /** The better of two measurements. */
  FmaPeak max(FmaPeak other) {
    return gmacs >= other.gmacs ? this : other;
  }

  /**
   * Repeats runs of about a millisecond until the best has not been beaten for a while, so that the
   * JIT has finished, and takes the best.
   */
  public static FmaPeak measure(int threads) {
    FmaProbeF32 probe = KernelCatalog.of(FmaProbeF32.class).getFirst();
    float[] sink = new float[threads];
    double best = 0;
    int rounds = 100;
    try (Workers workers = new Workers(threads)) {
      long begin = System.nanoTime();
      long improved = begin;
      long now = begin;
      while (now - improved < CALM_NANOS && now - begin < BUDGET_NANOS) {
        int count = rounds;
        long start = System.nanoTime();
        workers.run(
            (worker, barrier) -> {
              sink[worker] += probe.run(count);
              barrier.await(worker);
            });
        now = System.nanoTime();
        double rate = (double) probe.macsPerRound() * count * threads / (now - start);
        if (rate > 1.01 * best) {
          improved = now;
        }
        best = Math.max(best, rate);
        rounds = now - start < RUN_NANOS ? Math.min(2 * rounds, 1 << 24) : rounds;
      }
    }
    return new FmaPeak(probe.name().toString(), threads, best);
  }
}
