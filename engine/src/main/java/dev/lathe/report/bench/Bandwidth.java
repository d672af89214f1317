package dev.lathe.report.bench;

import dev.lathe.kernel.ReadProbe;
import dev.lathe.kernel.dispatch.KernelCatalog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How fast this machine reads working sets from the first cache to main memory, on as many threads
 * as the networks use. Where one level ends and the next begins is measured, not looked up.
 *
 * @param points sizes ascending, rates never rising
 */
public record Bandwidth(String kernel, List<Point> points) {

  /** Not measured. */
  public static final Bandwidth NONE = new Bandwidth("", List.of());

  private static final long SMALLEST = 16L << 10;
  private static final long LARGEST = 64L << 20;
  private static final long CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(40);
  private static final long FIRST_CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

  /**
   * A working set and its rate.
   *
   * @param bytes of all threads together
   * @param gbs 10^9 bytes per second of all threads together
   */
  public record Point(long bytes, double gbs) {}

  public Bandwidth {
    points = List.copyOf(points);
  }

  /** Reads working sets of 16 KiB to 64 MiB, each split over the threads. */
  public static Bandwidth measure(int threads) {
    ReadProbe probe = KernelCatalog.of(ReadProbe.class).getFirst();
    List<Point> points = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      MemorySegment[] shares = new MemorySegment[threads];
      long most = share(LARGEST, threads);
      for (int i = 0; i < threads; i++) {
        shares[i] = arena.allocate(most, 64).fill((byte) i);
      }
      for (long size = SMALLEST; size <= LARGEST; size *= 2) {
        long bytes = share(size, threads);
        double rate =
            Peak.measure(
                (worker, count) -> probe.run(shares[worker], bytes, count),
                bytes,
                threads,
                points.isEmpty() ? FIRST_CALM_NANOS : CALM_NANOS);
        points.add(new Point(size, rate));
      }
    }
    return new Bandwidth(probe.name().toString(), falling(points));
  }

  private static long share(long size, int threads) {
    long blocks = size / threads / ReadProbe.BLOCK_BYTES;
    return Math.max(1, blocks) * ReadProbe.BLOCK_BYTES;
  }

  /** What a larger set reaches, a smaller one would in quiet. */
  private static List<Point> falling(List<Point> points) {
    List<Point> fallen = new ArrayList<>();
    double best = 0;
    for (Point point : points.reversed()) {
      best = Math.max(best, point.gbs());
      fallen.add(new Point(point.bytes(), best));
    }
    return fallen.reversed();
  }

  /** Whether there is anything to compare with. */
  public boolean isKnown() {
    return !points.isEmpty();
  }

  /**
   * The rate for a working set, 10^9 bytes per second: of the largest measured one that is not
   * larger, so that a set that just fits a cache is held against that cache.
   */
  public double of(long bytes) {
    double rate = points.getFirst().gbs();
    for (Point point : points) {
      rate = point.bytes() <= bytes ? point.gbs() : rate;
    }
    return rate;
  }

  List<Map<String, Object>> json() {
    return points.stream()
        .map(point -> Map.<String, Object>of("bytes", point.bytes(), "gbs", point.gbs()))
        .toList();
  }
}
