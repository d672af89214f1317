package dev.lathe.cli;

import dev.lathe.report.ConstantStatistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The statistics of constants as text, a line each. */
final class StatisticsTable {

  /** Eighths of a line, from a count of 0 to the highest. */
  private static final String BARS = " ▁▂▃▄▅▆▇█";

  private static final int GROUP = 2;

  private final Table table =
      new Table(
          "constant",
          "type",
          "shape",
          "zeros",
          "min",
          "max",
          "mean",
          "std",
          "min .. max",
          "channels");
  private final List<String> warnings = new ArrayList<>();

  void add(ConstantStatistics constant) {
    ConstantStatistics.Summary all = constant.all();
    table.row(
        constant.name(),
        constant.dtype(),
        constant.shape(),
        String.format(Locale.ROOT, "%.1f %%", 100.0 * all.zeros() / all.elements()),
        number(all.min()),
        number(all.max()),
        number(all.mean()),
        number(all.std()),
        "|" + bars(constant.counts()) + "|",
        constant.channels().isEmpty() ? "" : Integer.toString(constant.channels().size()));
    if (all.nans() + all.infinities() > 0) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%s%s: %,d NaN and %,d infinite of %,d values",
              constant.name(),
              where(constant),
              all.nans(),
              all.infinities(),
              all.elements()));
    }
  }

  /** The channels that hold what is no finite number. */
  private static String where(ConstantStatistics constant) {
    List<String> channels = new ArrayList<>();
    for (int i = 0; i < constant.channels().size(); i++) {
      ConstantStatistics.Summary values = constant.channels().get(i).values();
      if (values.nans() + values.infinities() > 0) {
        channels.add(Integer.toString(i));
      }
    }
    if (channels.isEmpty()) {
      return "";
    }
    int shown = Math.min(channels.size(), 8);
    return ", channel "
        + String.join(", ", channels.subList(0, shown))
        + (shown < channels.size() ? " and " + (channels.size() - shown) + " more" : "");
  }

  List<String> lines() {
    return table.lines();
  }

  /** A line for each constant with NaN or infinity. */
  List<String> warnings() {
    return warnings;
  }

  private static String bars(List<Long> counts) {
    long[] groups = new long[counts.size() / GROUP];
    for (int i = 0; i < counts.size(); i++) {
      groups[i / GROUP] += counts.get(i);
    }
    long most = Math.max(1, Arrays.stream(groups).max().orElse(1));
    StringBuilder text = new StringBuilder();
    for (long group : groups) {
      text.append(BARS.charAt((int) Math.ceilDiv(8 * group, most)));
    }
    return text.toString();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
