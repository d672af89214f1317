package dev.lathe.report.compare;

import dev.lathe.measure.Bootstrap;
import dev.lathe.measure.Comparison;
import dev.lathe.measure.Latency;
import dev.lathe.measure.WarmUp;
import org.jspecify.annotations.Nullable;

/**
 * How long one run takes.
 *
 * @param firstMs planning, packing weights and the very first run
 * @param speedup time of the float original / time of this one, with its 95 % interval; for the
 *     original itself a control that should hold 1
 * @param blocks ABBA blocks behind the interval
 * @param steady whether the JIT's steady state was seen before timing began
 */
public record Timing(
    Latency latency, double firstMs, Bootstrap.Interval speedup, int blocks, boolean steady) {

  /** A p90 this far above the median is no property of the network. */
  private static final double QUIET = 0.2;

  static Timing of(Comparison comparison, double firstMs, WarmUp warm) {
    return new Timing(
        comparison.latencyA(), firstMs, comparison.ratio(), comparison.blocks(), warm.steady());
  }

  /** What makes the times doubtful, or null. */
  @Nullable String doubt() {
    if (!steady) {
      return "its time was still falling when the warm-up ended";
    }
    return latency.spread() > QUIET
        ? String.format(
            java.util.Locale.ROOT,
            "its p90 is %.0f %% above its median: other work was running here",
            100 * latency.spread())
        : null;
  }

  boolean distinguishable() {
    return !speedup.contains(1);
  }
}
