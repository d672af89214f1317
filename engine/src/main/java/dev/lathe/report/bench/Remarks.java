package dev.lathe.report.bench;

import dev.lathe.measure.Bootstrap;
import dev.lathe.measure.Comparison;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the figures of a benchmark mean, in sentences. */
public final class Remarks {

  /** A p90 this far above the median is no property of the network. */
  private static final double QUIET = 0.2;

  private Remarks() {}

  /** Ratios first, then doubts. */
  public static List<String> of(BenchReport report) {
    List<String> remarks = new ArrayList<>();
    report.ratios().forEach(ratio -> remarks.add(sentence(ratio)));
    for (BenchReport.Run run : report.runs()) {
      if (!run.warmUp().steady()) {
        remarks.add(
            run.name()
                + ": its time still changed when the warm-up ended; give --warmup more time.");
      }
      if (run.latency().spread() > QUIET) {
        remarks.add(
            String.format(
                Locale.ROOT,
                "%s: unstable, p90 is %.0f %% above the median; other work was running, repeat on a"
                    + " quiet machine.",
                run.name(),
                100 * run.latency().spread()));
      }
    }
    return remarks;
  }

  private static String sentence(Comparison comparison) {
    Bootstrap.Interval ratio = comparison.ratio();
    if (!comparison.distinguishable()) {
      return String.format(
          Locale.ROOT,
          "%s and %s are not distinguishable: ratio %.3f, 95 %% interval %.3f to %.3f (%d blocks).",
          comparison.a(),
          comparison.b(),
          ratio.value(),
          ratio.low(),
          ratio.high(),
          comparison.blocks());
    }
    boolean first = ratio.value() > 1;
    return String.format(
        Locale.ROOT,
        "%s is %.2fx as fast as %s, 95 %% interval %.2f to %.2f (%d blocks).",
        first ? comparison.a() : comparison.b(),
        first ? ratio.value() : 1 / ratio.value(),
        first ? comparison.b() : comparison.a(),
        first ? ratio.low() : 1 / ratio.high(),
        first ? ratio.high() : 1 / ratio.low(),
        comparison.blocks());
  }
}
