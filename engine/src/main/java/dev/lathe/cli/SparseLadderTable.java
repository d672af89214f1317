package dev.lathe.cli;

import dev.lathe.measure.Bootstrap;
import dev.lathe.report.compare.Gain;
import dev.lathe.report.compare.LadderReport;
import dev.lathe.report.compare.Row;
import dev.lathe.report.compare.Timing;
import java.util.Locale;

/** The ladder of sparsity and bits on a terminal. */
final class SparseLadderTable {

  private SparseLadderTable() {}

  static Table of(LadderReport report) {
    Table table =
        new Table(
            "variant",
            "zeros %",
            "file B",
            "compact B",
            "x",
            report.baseline().accuracy().metric() + " %",
            "drop",
            "95 % CI",
            "p50 ms",
            "of fp32",
            "95 % CI",
            "of dense",
            "95 % CI",
            "dense",
            "speed");
    for (Row row : report.rows()) {
      Timing timing = row.timing();
      Gain gain = row.gain();
      boolean first = row.rung().isBaseline();
      table.row(
          row.rung().name(),
          format("%.1f", 100 * row.sparsity()),
          String.format(Locale.ROOT, "%,d", row.sizes().onnx()),
          String.format(Locale.ROOT, "%,d", row.sizes().compact()),
          format("%.2f", row.compactRatio()),
          format("%.2f", row.accuracy().value()),
          first ? "-" : format("%.2f", row.accuracy().drop().value()),
          first ? "-" : interval(row.accuracy().drop()),
          timing == null ? "-" : format("%.4f", timing.latency().p50()),
          timing == null ? "-" : format("%.2fx", timing.speedup().value()),
          timing == null ? "-" : interval(timing.speedup()),
          gain == null ? "-" : format("%.2fx", gain.speedup().value()),
          gain == null ? "-" : interval(gain.speedup()),
          gain == null ? "-" : gain.against(),
          gain == null ? "-" : gain.claimed() ? "claimed" : "not claimed");
    }
    return table;
  }

  private static String interval(Bootstrap.Interval interval) {
    return format("%.2f", interval.low()) + " .. " + format("%.2f", interval.high());
  }

  private static String format(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
