package dev.lathe.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import org.apache.commons.statistics.descriptive.Median;

/**
 * Times two workloads interleaved in ABBA blocks in one process, so that slow drifts of the machine
 * hit both alike, and reports the ratio per block with a confidence interval.
 *
 * @param ratio time of {@code b} / time of {@code a}: above 1, {@code a} is faster
 * @param blocks blocks measured
 */
public record Comparison(
    String a, String b, Latency latencyA, Latency latencyB, Bootstrap.Interval ratio, int blocks) {

  /** The least number of blocks that gives an honest interval. */
  public static final int MIN_BLOCKS = 30;

  private static final long MIN_SEGMENT_NANOS = 2_000_000;

  /** A block is four segments. */
  static final long MIN_BLOCK_NANOS = 4 * MIN_SEGMENT_NANOS;

  private static final int PROBES = 7;

  /** Whether the interval leaves 1 outside. */
  public boolean distinguishable() {
    return !ratio.contains(1);
  }

  /** Told after every block. */
  public interface Progress {
    void block(int done, int of);
  }

  /**
   * Compares two warm workloads.
   *
   * @param blocks at least {@link #MIN_BLOCKS}
   */
  public static Comparison of(Workload a, Workload b, int blocks, Progress progress) {
    return of(a, b, blocks, progress, System::nanoTime);
  }

  static Comparison of(
      Workload a, Workload b, int blocks, Progress progress, LongSupplier nanoTime) {
    int count = Math.max(blocks, MIN_BLOCKS);
    Timer timerA = new Timer(a, nanoTime);
    Timer timerB = new Timer(b, nanoTime);
    double[] ratios = new double[count];
    for (int block = 0; block < count; block++) {
      double first = timerA.segment();
      double second = timerB.segment();
      double third = timerB.segment();
      double fourth = timerA.segment();
      ratios[block] = (second + third) / (first + fourth);
      progress.block(block + 1, count);
    }
    return new Comparison(
        a.name(), b.name(), timerA.latency(), timerB.latency(), Bootstrap.median(ratios), count);
  }

  /** One workload and the times of all its runs. */
  private static final class Timer {

    private final Workload workload;
    private final LongSupplier nanoTime;
    private final int runs;
    private final List<Long> times = new ArrayList<>();

    /** Makes segments long enough for the clock's grain, so that a scheduling hiccup stands out. */
    Timer(Workload workload, LongSupplier nanoTime) {
      this.workload = workload;
      this.nanoTime = nanoTime;
      this.runs = Math.clamp(MIN_SEGMENT_NANOS / Math.max(1, typical()), 1, 1_000);
    }

    /** Median of a few runs: one alone may have met a hiccup. */
    private long typical() {
      return (long)
          Median.withDefaults()
              .evaluate(LongStream.generate(this::once).limit(PROBES).asDoubleStream().toArray());
    }

    private long once() {
      long start = nanoTime.getAsLong();
      workload.run();
      return nanoTime.getAsLong() - start;
    }

    /** Mean time of one run in a segment, in nanoseconds. */
    double segment() {
      long total = 0;
      for (int i = 0; i < runs; i++) {
        long elapsed = once();
        times.add(elapsed);
        total += elapsed;
      }
      return (double) total / runs;
    }

    Latency latency() {
      return Latency.of(times.stream().mapToDouble(Long::doubleValue).toArray());
    }
  }
}
