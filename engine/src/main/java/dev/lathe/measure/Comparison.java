package dev.lathe.measure;

import java.util.ArrayList;
import java.util.List;

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

  private static final long MIN_SEGMENT_NANOS = 1_000_000;

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
    int count = Math.max(blocks, MIN_BLOCKS);
    int runsA = runsPerSegment(a);
    int runsB = runsPerSegment(b);
    double[] ratios = new double[count];
    List<Long> timesA = new ArrayList<>();
    List<Long> timesB = new ArrayList<>();
    for (int block = 0; block < count; block++) {
      double first = segment(a, runsA, timesA);
      double second = segment(b, runsB, timesB);
      double third = segment(b, runsB, timesB);
      double fourth = segment(a, runsA, timesA);
      ratios[block] = (second + third) / (first + fourth);
      progress.block(block + 1, count);
    }
    return new Comparison(
        a.name(), b.name(), latency(timesA), latency(timesB), Bootstrap.median(ratios), count);
  }

  /**
   * Enough runs that a segment outlasts the clock's grain and a scheduling hiccup is seen as one.
   */
  private static int runsPerSegment(Workload workload) {
    long start = System.nanoTime();
    workload.run();
    long once = Math.max(1, System.nanoTime() - start);
    return Math.clamp(MIN_SEGMENT_NANOS / once, 1, 1_000);
  }

  /** Mean time of one run in the segment, in nanoseconds. */
  private static double segment(Workload workload, int runs, List<Long> times) {
    long total = 0;
    for (int i = 0; i < runs; i++) {
      long start = System.nanoTime();
      workload.run();
      long elapsed = System.nanoTime() - start;
      times.add(elapsed);
      total += elapsed;
    }
    return (double) total / runs;
  }

  private static Latency latency(List<Long> nanos) {
    return Latency.of(nanos.stream().mapToDouble(Long::doubleValue).toArray());
  }
}
