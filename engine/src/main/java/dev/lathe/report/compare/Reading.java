package dev.lathe.report.compare;

import dev.lathe.measure.Bootstrap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The figures in words: what was gained, what was lost, and what can't be told apart. */
public final class Reading {

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
    return sentence(
        rows.stream()
            .filter(row -> row.rung().name().equals(Ladder.PER_CHANNEL))
            .findFirst()
            .orElse(rows.getLast()));
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
    List<String> doubts = new ArrayList<>();
    for (Row row : report.rows()) {
      String doubt = row.timing() == null ? null : row.timing().doubt();
      if (doubt != null) {
        doubts.add(row.rung().name() + ": " + doubt + ".");
      }
    }
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
    return "it runs " + ratio + (timing.distinguishable() ? "." : ": not distinguishable.");
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
