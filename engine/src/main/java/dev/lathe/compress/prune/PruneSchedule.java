package dev.lathe.compress.prune;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * How sparsity grows while a network is trained: with r = 1 - (t - start) / (end - start) the part
 * that is left, {@code to + (from - to) * r^3} or {@code * r} after the pruning at step t (Zhu and
 * Gupta, To prune, or not to prune, 2017).
 *
 * @param start training step of the first pruning, 0 or more
 * @param end training step of the last
 * @param frequency training steps from one pruning to the next; they divide {@code end - start}
 * @param from sparsity of the first pruning, 0 to 1
 * @param to sparsity of the last, not below {@code from}
 */
public record PruneSchedule(
    long start, long end, long frequency, double from, double to, Curve curve) {

  private static final long MOST_PRUNINGS = 10_000;

  /** How fast sparsity grows. */
  public enum Curve {
    /** Fast first, while there is much to spare. */
    CUBIC,
    /** By the same at every pruning. */
    LINEAR;

    /**
     * The curve of that name.
     *
     * @throws UsageException naming the curves
     */
    public static Curve parse(String name) {
      for (Curve curve : values()) {
        if (curve.toString().equals(name)) {
          return curve;
        }
      }
      throw new UsageException(
          new Problem("unknown curve", "'" + name + "'", "", "use cubic or linear"));
    }

    private double left(double part) {
      return this == CUBIC ? part * part * part : part;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Sparsity after the pruning at a training step. */
  public record Pruning(long step, double sparsity) {}

  public PruneSchedule {
    if (start < 0 || end <= start || frequency < 1 || (end - start) % frequency != 0) {
      throw wrong(
          "start " + start + ", end " + end + ", frequency " + frequency,
          "steps count from 0, end is after start, and a whole number of frequencies lies between");
    }
    if ((end - start) / frequency >= MOST_PRUNINGS) {
      throw wrong(
          "frequency " + frequency, "there are at most " + MOST_PRUNINGS + " prunings in all");
    }
    if (!(from >= 0 && from <= to && to <= 1)) {
      throw wrong("from " + from + ", to " + to, "sparsity grows within 0 to 1");
    }
  }

  private static UsageException wrong(String where, String why) {
    return new UsageException(
        new Problem(
            "the schedule makes no sense",
            where,
            why,
            "as in {start: 0, end: 1000, frequency: 100, from: 0, to: 0.8}"));
  }

  /** Sparsity after a training step: 0 before the first pruning, {@code to} after the last. */
  public double at(long step) {
    if (step < start) {
      return 0;
    }
    long behind = Math.min(end, step) - start;
    double left = curve.left(1 - (double) (behind - behind % frequency) / (end - start));
    return Math.clamp(to * (1 - left) + from * left, from, to);
  }

  /** All prunings, in order. */
  public List<Pruning> prunings() {
    return LongStream.rangeClosed(0, (end - start) / frequency)
        .map(i -> start + i * frequency)
        .mapToObj(step -> new Pruning(step, at(step)))
        .toList();
  }

  /** As in {@code cubic from 0.0 at step 0 to 0.8 at step 1000, every 100}. */
  @Override
  public String toString() {
    return curve
        + " from "
        + from
        + " at step "
        + start
        + " to "
        + to
        + " at step "
        + end
        + ", every "
        + frequency;
  }
}
