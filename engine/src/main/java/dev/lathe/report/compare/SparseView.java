package dev.lathe.report.compare;

import dev.lathe.measure.Bootstrap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** The ladder of sparsity and bits as curves. */
final class SparseView {

  private static final List<Curves.Mark> SHARES =
      Stream.of(0.0, 0.5, 0.75, 0.9, 0.95)
          .map(share -> new Curves.Mark(halvings(share), Math.round(100 * share) + ""))
          .toList();

  private static final String X_TITLE = "zeros, %; each step to the right halves what is left";

  private SparseView() {}

  /** How often the weights that are left were halved. */
  private static double halvings(double sparsity) {
    return -Math.log(1 - sparsity) / Math.log(2);
  }

  /** Speed and accuracy against sparsity, in fp32 and in int8, then accuracy against bits. */
  static List<Curves> of(LadderReport report) {
    List<Curves> plots = new ArrayList<>();
    if (!report.onSparseLadder()) {
      return plots;
    }
    for (String type : List.of(SparseLadder.FP32, SparseLadder.INT8)) {
      List<Curves.Series> speed = series(report, type, true);
      if (!speed.isEmpty()) {
        plots.add(
            Curves.of(
                "Speed against sparsity, " + type,
                X_TITLE,
                "times as fast as dense " + type,
                SHARES,
                1,
                speed));
        plots.add(
            Curves.of(
                "Accuracy against sparsity, " + type,
                X_TITLE,
                report.baseline().accuracy().metric() + ", %",
                SHARES,
                Double.NaN,
                series(report, type, false)));
      }
    }
    bits(report, plots);
    return plots;
  }

  /** A curve per pattern, from the dense row on. */
  private static List<Curves.Series> series(LadderReport report, String type, boolean speed) {
    Map<String, List<Curves.Value>> patterns = new LinkedHashMap<>();
    Curves.Value dense = null;
    for (Row row : report.rows()) {
      Place place = row.rung().place();
      if (place == null || !place.weights().equals(type)) {
        continue;
      }
      Curves.Value value = speed ? speed(row, place) : accuracy(row, halvings(place.sparsity()));
      if (place.isDense()) {
        dense = value;
      } else {
        patterns.computeIfAbsent(place.pattern(), none -> new ArrayList<>()).add(value);
      }
    }
    List<Curves.Series> series = new ArrayList<>();
    Curves.Value first = dense;
    patterns.forEach(
        (pattern, values) -> {
          values.addFirst(Objects.requireNonNull(first));
          series.add(new Curves.Series(pattern, values));
        });
    return series;
  }

  private static Curves.Value speed(Row row, Place place) {
    Gain gain = row.gain();
    if (place.isDense() || gain == null) {
      return new Curves.Value(0, 1, 1, 1, false, row.rung().name() + ": 1x by definition");
    }
    Bootstrap.Interval speedup = gain.speedup();
    return new Curves.Value(
        halvings(place.sparsity()),
        speedup.value(),
        speedup.low(),
        speedup.high(),
        !gain.claimed(),
        String.format(
            Locale.ROOT, "%s: %.2fx, %s", row.rung().name(), speedup.value(), gain.sentence()));
  }

  private static Curves.Value accuracy(Row row, double x) {
    Accuracy accuracy = row.accuracy();
    double original = accuracy.value() + accuracy.drop().value();
    return new Curves.Value(
        x,
        accuracy.value(),
        original - accuracy.drop().high(),
        original - accuracy.drop().low(),
        false,
        String.format(Locale.ROOT, "%s: %.2f %%", row.rung().name(), accuracy.value()));
  }

  /** Bits from many to few, equal steps per halving. */
  private static void bits(LadderReport report, List<Curves> plots) {
    List<Curves.Mark> marks = new ArrayList<>();
    List<Curves.Value> values = new ArrayList<>();
    for (Row row : report.rows()) {
      Place place = row.rung().place();
      if (place != null && place.isDense()) {
        double x = -Math.log(place.bits()) / Math.log(2);
        marks.add(new Curves.Mark(x, Integer.toString(place.bits())));
        values.add(accuracy(row, x));
      }
    }
    if (values.size() > 1) {
      plots.add(
          Curves.of(
              "Accuracy against bits",
              "bits of a weight",
              report.baseline().accuracy().metric() + ", %",
              marks,
              Double.NaN,
              List.of(new Curves.Series("dense", values))));
    }
  }
}
