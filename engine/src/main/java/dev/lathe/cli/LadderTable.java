package dev.lathe.cli;

import dev.lathe.measure.Bootstrap;
import dev.lathe.report.compare.LadderReport;
import dev.lathe.report.compare.Row;
import dev.lathe.report.compare.Timing;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The ladder on a terminal. */
final class LadderTable {

  private LadderTable() {}

  static Table of(LadderReport report) {
    Table table =
        new Table(
            "variant",
            "weights",
            "activations",
            "file B",
            "x",
            "compact B",
            "x",
            "weights B",
            "x",
            "top-1 %",
            "drop",
            "95 % CI",
            "p50 ms",
            "p90",
            "p99",
            "speedup",
            "95 % CI");
    for (Row row : report.rows()) {
      Timing timing = row.timing();
      table.row(
          row.rung().name() + (row.rung().simulated() ? "*" : ""),
          row.rung().weights(),
          row.rung().activations(),
          String.format(Locale.ROOT, "%,d", row.sizes().onnx()),
          format("%.2f", row.fileRatio()),
          String.format(Locale.ROOT, "%,d", row.sizes().compact()),
          format("%.2f", row.compactRatio()),
          String.format(Locale.ROOT, "%,d", row.weightBytes()),
          format("%.2f", row.weightRatio()),
          format("%.2f", row.accuracy().value()),
          row.rung().isBaseline() ? "-" : format("%.2f", row.accuracy().drop().value()),
          row.rung().isBaseline() ? "-" : interval("%.2f", row.accuracy().drop()),
          time(timing == null ? null : timing.latency().p50()),
          time(timing == null ? null : timing.latency().p90()),
          time(timing == null ? null : timing.latency().p99()),
          timing == null ? "-" : format("%.3fx", timing.speedup().value()),
          timing == null ? "-" : interval("%.3f", timing.speedup()));
    }
    return table;
  }

  private static String time(@Nullable Double millis) {
    return millis == null ? "-" : format("%.4f", millis);
  }

  private static String interval(String format, Bootstrap.Interval interval) {
    return format(format, interval.low()) + " .. " + format(format, interval.high());
  }

  private static String format(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
