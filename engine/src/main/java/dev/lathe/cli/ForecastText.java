package dev.lathe.cli;

import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.report.kernels.PruneForecast;
import java.util.List;
import java.util.Locale;

/** What {@code lathe prune} says about speed. */
final class ForecastText {

  private ForecastText() {}

  /** A line per layer, and advice. */
  static void print(PruneForecast forecast, Console console) {
    console.print("");
    if (forecast.layers().isEmpty()) {
      console.print("no speed predicted: " + forecast.obstacle());
      return;
    }
    SparseForecast first = forecast.layers().getFirst().forecast();
    Table table =
        new Table(
            "node", "shape", "before", "zeros", first.finest() + " pays", "4x4 pays", "predicted");
    for (PruneForecast.Layer layer : forecast.layers()) {
      SparseForecast own = layer.forecast();
      table.row(
          layer.pruned().node(),
          layer.geometry(),
          percent(layer.pruned().sparsityBefore()),
          percent(own.sparsity()),
          from(own.breakEven()),
          from(own.blockBreakEven()),
          own.chosen() ? times(own.speedup()) : "dense");
    }
    table.row("these together", "", "", "", "", "", times(forecast.speedup()));
    table.lines().forEach(console::print);
    console.print("");
    console.print(
        forecast.measured()
            ? "predicted from costs that 'lathe kernels --measure' found here, one thread"
            : "predicted from built-in costs; 'lathe kernels --measure' finds those of this"
                + " processor");
    forecast
        .advice()
        .forEach((advice, nodes) -> console.print("warning: " + named(nodes) + ": " + advice));
  }

  /** A line, where zeros win nothing. */
  static void warn(PruneForecast forecast, Console console) {
    int idle = forecast.idle().size();
    if (idle > 0) {
      console.print(
          String.format(
              Locale.ROOT,
              "warning: %d of %d layers are predicted to run no faster than dense; --dry-run says"
                  + " what pays",
              idle,
              forecast.layers().size()));
    }
  }

  private static String named(List<String> nodes) {
    int more = nodes.size() - 1;
    return nodes.getFirst() + (more == 0 ? "" : " and " + more + " more");
  }

  private static String from(double breakEven) {
    return breakEven >= 1 ? "never" : "from " + percent(breakEven);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * share);
  }

  private static String times(double speedup) {
    return String.format(Locale.ROOT, "%.2fx", speedup);
  }
}
