package dev.lathe.report.bench;

import dev.lathe.report.Profile;
import dev.lathe.report.html.Axis;
import dev.lathe.report.html.Tick;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Time taken and least time of every step, one under the other in execution order, in SVG units of
 * a 640 wide picture.
 *
 * @param foot where the rows end
 * @param left where the bars begin
 * @param omitted what is not shown, in words
 */
public record LayerBars(
    double height, double foot, double left, List<Tick> ticks, List<Bar> bars, String omitted) {

  private static final int LEFT = 190;
  private static final int RIGHT = 590;
  private static final int ROW = 15;
  private static final int FOOT = 42;
  private static final int MOST_ROWS = 100;
  private static final int NAME = 30;

  /** One step; {@code taken} and {@code roof} are widths. */
  public record Bar(
      String name,
      double y,
      double taken,
      double roof,
      String bound,
      String text,
      String details) {}

  public static LayerBars of(List<Roofline.Layer> layers) {
    Set<Roofline.Layer> longest =
        new HashSet<>(
            layers.stream()
                .sorted(Comparator.comparingDouble(layer -> -layer.step().micros()))
                .limit(MOST_ROWS)
                .toList());
    List<Roofline.Layer> shown = layers.stream().filter(longest::contains).toList();
    double most =
        shown.stream()
            .mapToDouble(layer -> Math.max(layer.step().micros(), layer.roofMicros()))
            .max()
            .orElse(1);
    Axis x = Axis.linear(0, most, LEFT, RIGHT);
    double zero = x.at(0);
    List<Bar> bars = new ArrayList<>();
    for (Roofline.Layer layer : shown) {
      bars.add(
          new Bar(
              shortened(layer.step().node()),
              2.0 + ROW * bars.size(),
              x.at(layer.step().micros()) - zero,
              x.at(layer.roofMicros()) - zero,
              layer.bound(),
              layer.bound().isEmpty()
                  ? "no work of its own"
                  : String.format(Locale.ROOT, "%.0f %%", 100 * layer.roofShare()),
              details(layer)));
    }
    double foot = 4.0 + ROW * bars.size();
    return new LayerBars(
        foot + FOOT,
        foot,
        zero,
        x.ticks().stream()
            .filter(tick -> tick >= 0)
            .map(tick -> new Tick(x.at(tick), Axis.text(tick)))
            .toList(),
        bars,
        layers.size() == shown.size()
            ? ""
            : "Left out: the " + (layers.size() - shown.size()) + " shortest steps.");
  }

  private static String shortened(String name) {
    return name.length() <= NAME ? name : "…" + name.substring(name.length() - NAME + 1);
  }

  static String details(Roofline.Layer layer) {
    Profile.Step step = layer.step();
    return String.format(
        Locale.ROOT,
        "%s: %s, %s; %.1f µs of at least %.1f; %.1f GMAC/s, %.1f GB/s%s",
        step.node(),
        step.operator(),
        step.kernel(),
        step.micros(),
        layer.roofMicros(),
        step.gmacs(),
        step.gbs(),
        step.zeros().matter() ? "; " + step.zeros().why() : "");
  }
}
