package dev.lathe.report.bench;

import dev.lathe.report.Profile;
import dev.lathe.report.html.Axis;
import dev.lathe.report.html.Tick;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Layers in the plane of arithmetic intensity and rate, both logarithmic, in SVG units of a {@value
 * #WIDTH} x {@value #HEIGHT} picture.
 */
public record RooflinePlot(
    List<Tick> xTicks, List<Tick> yTicks, List<Roof> roofs, List<Point> points) {

  public static final int WIDTH = 480;
  public static final int HEIGHT = 340;
  private static final int LEFT = 56;
  private static final int RIGHT = WIDTH - 14;
  private static final int TOP = 28;
  private static final int BOTTOM = HEIGHT - 52;
  private static final double LARGEST_RADIUS = 18;
  private static final double SMALLEST_RADIUS = 2.5;

  /**
   * The roof of one tier.
   *
   * @param points of its line
   * @param y where it is flat
   */
  public record Roof(String name, String points, double y) {}

  /** A layer; its area grows with its share of the time. */
  public record Point(double x, double y, double radius, String bound, String details) {}

  /** Lays out the layers that multiply; may be none. */
  public static RooflinePlot of(List<Roofline.Layer> layers, Roofline roofline) {
    List<Roofline.Layer> shown =
        layers.stream().filter(layer -> layer.step().macs() > 0 && layer.gbs() > 0).toList();
    double top = roofline.peaks().all().stream().mapToDouble(Peak::gmacs).max().orElse(1);
    double fastest = roofline.bandwidth().of(0);
    double slowest = roofline.bandwidth().of(Long.MAX_VALUE);
    Axis x =
        Axis.logarithmic(
            shown.stream().mapToDouble(RooflinePlot::intensity).min().orElse(0.1),
            Math.max(
                top / slowest,
                shown.stream().mapToDouble(RooflinePlot::intensity).max().orElse(10)),
            LEFT,
            RIGHT);
    double bottom = shown.stream().mapToDouble(layer -> layer.step().gmacs()).min().orElse(0.1);
    Axis y = Axis.logarithmic(Math.min(bottom, top / 10), top * 1.3, BOTTOM, TOP);
    List<Roof> roofs = new ArrayList<>();
    for (Peak peak : roofline.peaks().all()) {
      roofs.add(roof(peak, fastest, x, y, true));
      roofs.add(roof(peak, slowest, x, y, false));
    }
    return new RooflinePlot(
        x.ticks().stream().map(tick -> new Tick(x.at(tick), Axis.text(tick))).toList(),
        y.ticks().stream().map(tick -> new Tick(y.at(tick), Axis.text(tick))).toList(),
        roofs,
        shown.stream().map(layer -> point(layer, x, y)).toList());
  }

  private static double intensity(Roofline.Layer layer) {
    return (double) layer.step().macs() / layer.step().bytes();
  }

  /** From the lower edge, or the left one, along the slope to the peak and on to the right. */
  private static Roof roof(Peak peak, double gbs, Axis x, Axis y, boolean named) {
    double start = Math.max(x.lowest(), y.lowest() / gbs);
    double knee = Math.max(start, peak.gmacs() / gbs);
    String points =
        String.format(
            Locale.ROOT,
            "%.1f,%.1f %.1f,%.1f %d,%.1f",
            x.at(start),
            y.at(Math.min(start * gbs, peak.gmacs())),
            x.at(knee),
            y.at(peak.gmacs()),
            RIGHT,
            y.at(peak.gmacs()));
    String name = named ? String.format(Locale.ROOT, "%s %.0f", peak.isa().id(), peak.gmacs()) : "";
    return new Roof(name, points, y.at(peak.gmacs()));
  }

  private static Point point(Roofline.Layer layer, Axis x, Axis y) {
    Profile.Step step = layer.step();
    return new Point(
        x.at(intensity(layer)),
        y.at(step.gmacs()),
        Math.max(SMALLEST_RADIUS, LARGEST_RADIUS * Math.sqrt(step.share())),
        layer.bound(),
        LayerBars.details(layer));
  }
}
