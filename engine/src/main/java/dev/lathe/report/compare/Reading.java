package dev.lathe.report.compare;

import dev.lathe.measure.Bootstrap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The figures in words: what was gained, what was lost, and what can't be told apart. */
public final class Reading {

  static final double ACCEPTABLE_DROP = 1;

  private final LadderReport report;

  public Reading(LadderReport report) {
    this.report = report;
  }

  /** The most important sentence: the best-known row, else the last. */
  public String verdict() {
    List<Row> rows = report.rows();
    if (rows.size() == 1) {
      return "Only the float original was measured.";
    }
    if (report.onSparseLadder()) {
      return fastest()
          .map(this::sentence)
          .orElse(
              String.format(
                  Locale.ROOT,
                  "No row that loses at most %.0f point is faster than fp32.",
                  ACCEPTABLE_DROP));
    }
    return sentence(
        rows.stream()
            .filter(row -> row.rung().name().equals(Ladder.PER_CHANNEL))
            .findFirst()
            .orElse(rows.getLast()));
  }

  /** The fastest row that loses little and claims speed. */
  private Optional<Row> fastest() {
    return report.rows().stream()
        .filter(row -> row.gain() != null && row.gain().claimed())
        .filter(row -> row.accuracy().drop().value() <= ACCEPTABLE_DROP)
        .filter(row -> Reading.speedup(row) > 1)
        .max(Comparator.comparingDouble(Reading::speedup));
  }

  static double speedup(Row row) {
    return row.timing() == null ? 0 : row.timing().speedup().value();
  }

  /** Rows that claim no speed over their dense one, by the reason. */
  public Map<String, List<String>> withoutClaim() {
    Map<String, List<String>> rows = new LinkedHashMap<>();
    for (Row row : report.rows()) {
      Gain gain = row.gain();
      if (gain != null && !gain.claimed()) {
        rows.computeIfAbsent(gain.sentence(), reason -> new ArrayList<>()).add(row.rung().name());
      }
    }
    return rows;
  }

  /** A sentence per row, then what makes the figures doubtful. */
  public List<String> sentences() {
    List<String> sentences = new ArrayList<>();
    report.rows().stream()
        .filter(row -> !row.rung().isBaseline())
        .forEach(row -> sentences.add(sentence(row)));
    sentences.addAll(doubts());
    return sentences;
  }

  /** Doubts about the times, in words; empty on a quiet machine. */
  public List<String> doubts() {
    List<String> doubts = report.onSparseLadder() ? doubtfulTogether() : doubtful();
    Timing control = report.baseline().timing();
    if (control != null && control.distinguishable()) {
      doubts.add(
          String.format(
              Locale.ROOT,
              "fp32 against itself should be 1x and came out at %.3fx %s: differences of this size"
                  + " are noise here.",
              control.speedup().value(),
              interval(control.speedup(), "%.3f")));
    }
    if (!doubts.isEmpty()) {
      doubts.add("The machine was not quiet: repeat on an idle one before quoting the times.");
    }
    return doubts;
  }

  private List<String> doubtful() {
    List<String> doubts = new ArrayList<>();
    for (Row row : report.rows()) {
      String doubt = row.timing() == null ? null : row.timing().doubt();
      if (doubt != null) {
        doubts.add(row.rung().name() + ": " + doubt + ".");
      }
    }
    return doubts;
  }

  /** The same in one sentence, for many rows. */
  private List<String> doubtfulTogether() {
    List<String> names = new ArrayList<>();
    for (Row row : report.rows()) {
      if (row.timing() != null && row.timing().doubt() != null) {
        names.add(row.rung().name());
      }
    }
    List<String> doubts = new ArrayList<>();
    if (!names.isEmpty()) {
      doubts.add(
          String.format(
              Locale.ROOT,
              "%d of %d rows had times that were still falling when the warm-up ended, or a p90"
                  + " more than 20 %% above the median, as when other work is running: %s.",
              names.size(),
              report.rows().size(),
              String.join(", ", names)));
    }
    return doubts;
  }

  private String sentence(Row row) {
    String size =
        row.rung().simulated()
            ? "its weights would be " + sizeChange(row.weightRatio())
            : "its file is " + sizeChange(row.fileRatio());
    return row.rung().name()
        + " ("
        + row.rung().describe()
        + ") "
        + accuracy(row.accuracy())
        + "; "
        + size
        + "; "
        + speed(row);
  }

  /** As in {@code 3.18x smaller}. */
  static String sizeChange(double ratio) {
    return ratio >= 1
        ? String.format(Locale.ROOT, "%.2fx smaller", ratio)
        : String.format(Locale.ROOT, "%.2fx larger", 1 / ratio);
  }

  private static String accuracy(Accuracy accuracy) {
    Bootstrap.Interval drop = accuracy.drop();
    if (drop.low() == 0 && drop.high() == 0) {
      return "answers as fp32 does on every sample that counts";
    }
    String points =
        String.format(
            Locale.ROOT,
            "%s %.2f points of accuracy %s",
            drop.value() >= 0 ? "loses" : "gains",
            Math.abs(drop.value()),
            interval(drop.value() >= 0 ? drop : negated(drop), "%+.2f"));
    return points + (accuracy.distinguishable() ? "" : ", not distinguishable from none");
  }

  private static String speed(Row row) {
    Timing timing = row.timing();
    if (timing == null) {
      return "no speed is claimed: the width is simulated.";
    }
    String ratio =
        String.format(
            Locale.ROOT,
            "%.2fx as fast as Lathe's own fp32 %s",
            timing.speedup().value(),
            interval(timing.speedup(), "%.2f"));
    String text = "it runs " + ratio + (timing.distinguishable() ? "" : ": not distinguishable");
    Gain gain = row.gain();
    if (gain == null) {
      return text + ".";
    }
    if (!gain.against().equals(SparseLadder.FP32)) {
      text +=
          String.format(
              Locale.ROOT,
              ", %.2fx as fast as %s %s",
              gain.speedup().value(),
              gain.against(),
              interval(gain.speedup(), "%.2f"));
    }
    return text + "; " + gain.sentence() + ".";
  }

  private static Bootstrap.Interval negated(Bootstrap.Interval interval) {
    return new Bootstrap.Interval(-interval.value(), -interval.high(), -interval.low());
  }

  private static String interval(Bootstrap.Interval interval, String format) {
    return "[95 % CI "
        + String.format(Locale.ROOT, format, interval.low())
        + " to "
        + String.format(Locale.ROOT, format, interval.high())
        + "]";
  }
}
