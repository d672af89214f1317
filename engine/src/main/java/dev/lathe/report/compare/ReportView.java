package dev.lathe.report.compare;

import dev.lathe.measure.Bootstrap;
import dev.lathe.report.Profile;
import dev.lathe.report.html.Axis;
import dev.lathe.report.html.Card;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A report as its template wants it: texts and positions, no decisions left. */
public final class ReportView {

  private ReportView() {}

  /** A row of the ladder table. */
  public record Line(
      String name,
      String description,
      boolean simulated,
      List<Cell> cells,
      String command,
      String quantizeCommand,
      String kernels,
      List<String> warnings) {}

  /** A figure and what belongs to it: a ratio or an interval. */
  public record Cell(String text, String detail) {}

  /** A row's layers. */
  public record Layers(String title, String total, List<Layer> layers) {}

  /** One step of a plan. */
  public record Layer(
      String node,
      String operator,
      String kernel,
      String shape,
      String micros,
      String percent,
      double share,
      String macs,
      String gmacs) {}

  private static final Cell NOTHING = new Cell("–", "");

  private static final List<String> COLUMNS =
      List.of(
          "Weights",
          "Activations",
          "File, bytes",
          "Compact, bytes",
          "Weights, bytes",
          "Accuracy, %",
          "Drop, points",
          "p50, ms",
          "p90, ms",
          "p99, ms",
          "First, ms",
          "Speedup over fp32");

  private static final List<String> SPARSE_COLUMNS = List.of("Zeros, %", "Over dense", "Kernels");

  static Map<String, Object> of(LadderReport report) {
    Reading reading = new Reading(report);
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("model", report.model());
    view.put("command", report.command());
    view.put("verdict", reading.verdict());
    view.put("doubts", reading.doubts());
    view.put("readings", reading.sentences());
    view.put("cards", cards(report));
    boolean sparse = report.onSparseLadder();
    view.put("curves", SparseView.of(report));
    view.put("scatters", sparse ? List.of() : scatters(report));
    view.put("intervals", sparse ? List.of() : intervals(report));
    List<String> columns = new ArrayList<>(COLUMNS);
    columns.addAll(sparse ? SPARSE_COLUMNS : List.of());
    view.put("columns", columns);
    view.put("lines", report.rows().stream().map(row -> line(row, sparse)).toList());
    view.put("layers", layers(report));
    view.put("environment", report.environment().pairs());
    view.put("method", report.method());
    return view;
  }

  private static List<Card> cards(LadderReport report) {
    List<Card> cards = new ArrayList<>();
    Row fp32 = report.baseline();
    cards.add(
        new Card(
            "fp32 " + fp32.accuracy().metric(),
            format("%.2f %%", fp32.accuracy().value()),
            fp32.accuracy().samples() + " samples"));
    for (Row row : report.rows()) {
      if (!row.rung().name().equals(Ladder.PER_CHANNEL)) {
        continue;
      }
      Bootstrap.Interval drop = row.accuracy().drop();
      cards.add(
          new Card(
              "int8 per channel: drop",
              format("%.2f points", drop.value()),
              "95 % CI " + interval("%.2f", drop)));
      cards.add(
          new Card(
              "int8 per channel: file",
              Reading.sizeChange(row.fileRatio()),
              format("%,d bytes", row.sizes().onnx())));
      Timing timing = row.timing();
      if (timing != null) {
        cards.add(
            new Card(
                "int8 per channel: speed",
                format("%.2fx own fp32", timing.speedup().value()),
                (timing.distinguishable() ? "" : "not distinguishable; ")
                    + "95 % CI "
                    + interval("%.2f", timing.speedup())));
      }
    }
    narrowest(report, cards);
    fastest(report, cards);
    return cards;
  }

  private static void narrowest(LadderReport report, List<Card> cards) {
    report.rows().stream()
        .filter(
            row ->
                row.rung().simulated() && row.accuracy().drop().value() <= Reading.ACCEPTABLE_DROP)
        .reduce((wider, narrower) -> narrower)
        .ifPresent(
            row ->
                cards.add(
                    new Card(
                        "narrowest width within 1 point",
                        row.rung().name(),
                        "weights " + Reading.sizeChange(row.weightRatio()) + ", simulated")));
  }

  /** The fastest row of each pattern that loses little. */
  private static void fastest(LadderReport report, List<Card> cards) {
    Map<String, Row> best = new LinkedHashMap<>();
    for (Row row : report.rows()) {
      Gain gain = row.gain();
      Place place = row.rung().place();
      boolean fine = row.accuracy().drop().value() <= Reading.ACCEPTABLE_DROP;
      if (gain != null && place != null && gain.claimed() && fine) {
        String kind = place.isDense() ? "dense" : place.pattern();
        best.merge(kind, row, (a, b) -> Reading.speedup(a) >= Reading.speedup(b) ? a : b);
      }
    }
    best.forEach(
        (kind, row) ->
            cards.add(
                new Card(
                    kind + ": fastest within 1 point",
                    format("%.2fx own fp32", Reading.speedup(row)),
                    row.rung().name())));
  }

  private static List<Scatter> scatters(LadderReport report) {
    List<Scatter.Value> bySize = new ArrayList<>();
    List<Scatter.Value> byTime = new ArrayList<>();
    for (Row row : report.rows()) {
      String name = row.rung().name();
      double accuracy = row.accuracy().value();
      bySize.add(
          new Scatter.Value(
              name,
              format("%,d bytes compact, ", row.sizes().compact())
                  + format("top-1 %.2f %%", accuracy),
              row.rung().simulated(),
              row.sizes().compact(),
              accuracy));
      Timing timing = row.timing();
      if (timing != null) {
        double millis = timing.latency().p50();
        byTime.add(
            new Scatter.Value(
                name,
                format("%.4g ms, ", millis) + format("top-1 %.2f %%", accuracy),
                false,
                millis,
                accuracy));
      }
    }
    return List.of(
        Scatter.of(
            "Size against accuracy",
            "compact file, bytes (log scale)",
            bySize,
            true,
            ReportView::bytes),
        Scatter.of("Latency against accuracy", "median latency, ms", byTime, false, Axis::text));
  }

  private static String bytes(double value) {
    return value >= 1e6
        ? Axis.text(value / 1e6) + "M"
        : value >= 1e3 ? Axis.text(value / 1e3) + "k" : Axis.text(value);
  }

  private static List<Intervals> intervals(LadderReport report) {
    List<Intervals.Value> drops = new ArrayList<>();
    List<Intervals.Value> speedups = new ArrayList<>();
    for (Row row : report.rows()) {
      if (!row.rung().isBaseline()) {
        drops.add(new Intervals.Value(row.rung().name(), row.accuracy().drop()));
      }
      if (row.timing() != null) {
        speedups.add(new Intervals.Value(row.rung().name(), row.timing().speedup()));
      }
    }
    List<Intervals> intervals = new ArrayList<>();
    if (!drops.isEmpty()) {
      intervals.add(
          Intervals.of("Accuracy lost", "points of top-1; right is worse", "%.2f", 0, drops));
    }
    intervals.add(
        Intervals.of(
            "Speed against own fp32", "times as fast; right is better", "%.3fx", 1, speedups));
    return intervals;
  }

  private static Line line(Row row, boolean sparse) {
    Timing timing = row.timing();
    Bootstrap.Interval drop = row.accuracy().drop();
    List<Cell> cells = new ArrayList<>();
    cells.add(new Cell(row.rung().weights(), ""));
    cells.add(new Cell(row.rung().activations(), ""));
    cells.add(new Cell(format("%,d", row.sizes().onnx()), ratio(row, row.fileRatio())));
    cells.add(new Cell(format("%,d", row.sizes().compact()), ratio(row, row.compactRatio())));
    cells.add(new Cell(format("%,d", row.weightBytes()), ratio(row, row.weightRatio())));
    cells.add(new Cell(format("%.2f", row.accuracy().value()), ""));
    cells.add(
        row.rung().isBaseline()
            ? NOTHING
            : new Cell(format("%.2f", drop.value()), interval("%.2f", drop)));
    cells.addAll(timing == null ? Collections.nCopies(5, NOTHING) : times(timing));
    if (sparse) {
      cells.addAll(gain(row));
    }
    return new Line(
        row.rung().name(),
        row.rung().describe(),
        row.rung().simulated(),
        cells,
        row.command(),
        row.quantizeCommand(),
        String.join(", ", row.kernels()),
        row.warnings());
  }

  private static List<Cell> gain(Row row) {
    Gain gain = row.gain();
    Cell zeros = new Cell(format("%.1f", 100 * row.sparsity()), "");
    return gain == null
        ? List.of(zeros, NOTHING, NOTHING)
        : List.of(
            zeros,
            new Cell(
                format("%.3fx ", gain.speedup().value()) + gain.against(),
                interval("%.3f", gain.speedup())),
            new Cell(
                gain.claimed() ? gain.why() : "no speed is claimed",
                gain.claimed() ? "" : gain.why()));
  }

  private static String ratio(Row row, double ratio) {
    return row.rung().isBaseline() ? "" : Reading.sizeChange(ratio);
  }

  private static List<Cell> times(Timing timing) {
    return List.of(
        new Cell(format("%.4f", timing.latency().p50()), ""),
        new Cell(format("%.4f", timing.latency().p90()), ""),
        new Cell(format("%.4f", timing.latency().p99()), ""),
        new Cell(format("%.1f", timing.firstMs()), ""),
        new Cell(format("%.3fx", timing.speedup().value()), interval("%.3f", timing.speedup())));
  }

  private static List<Layers> layers(LadderReport report) {
    List<Layers> all = new ArrayList<>();
    for (Row row : report.rows()) {
      Profile profile = row.profile();
      boolean shown =
          row.rung().isBaseline()
              || row.rung().place() != null
              || row.rung().name().equals(Ladder.PER_CHANNEL);
      if (profile == null || !shown) {
        continue;
      }
      double total = profile.steps().stream().mapToDouble(Profile.Step::micros).sum();
      all.add(
          new Layers(
              row.rung().name(),
              format("%.1f µs", total) + " in all, mean of " + profile.runs() + " runs",
              profile.steps().stream().map(ReportView::layer).toList()));
    }
    return all;
  }

  private static Layer layer(Profile.Step step) {
    return new Layer(
        step.node(),
        step.operator(),
        step.kernel(),
        step.shape(),
        format("%.1f", step.micros()),
        format("%.1f", 100 * step.share()),
        100 * step.share(),
        step.macs() == 0 ? "" : format("%,d", step.macs()),
        step.macs() == 0 ? "" : format("%.1f", step.gmacs()));
  }

  private static String interval(String format, Bootstrap.Interval interval) {
    return format(format, interval.low()) + " to " + format(format, interval.high());
  }

  private static String format(String format, Object value) {
    return String.format(Locale.ROOT, format, value);
  }
}
