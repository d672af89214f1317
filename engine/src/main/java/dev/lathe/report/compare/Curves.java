package dev.lathe.report.compare;

import dev.lathe.report.html.Axis;
import dev.lathe.report.html.Tick;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Curves over a common axis, in SVG units of a {@value #WIDTH} by {@value #HEIGHT} picture: the
 * template only draws them.
 *
 * @param reference where the value lies that means "no difference"; below the picture for none
 */
public record Curves(
    String title,
    String xTitle,
    String yTitle,
    List<Tick> xTicks,
    List<Tick> yTicks,
    double reference,
    List<Curve> curves) {

  public static final int WIDTH = 480;
  public static final int HEIGHT = 340;
  public static final int LEFT = 56;
  public static final int RIGHT = WIDTH - 74;
  public static final int TOP = 28;
  public static final int BOTTOM = HEIGHT - 52;

  private static final int LINE = 15;

  /**
   * One curve.
   *
   * @param style a number the template turns into a stroke
   * @param line as an SVG point list
   * @param labelY of its name beside its end
   */
  public record Curve(
      String name, int style, String line, List<Dot> dots, double labelX, double labelY) {}

  /** A row of the ladder with its interval; hollow where no speed is claimed. */
  public record Dot(double x, double y, double low, double high, boolean hollow, String details) {}

  /** What goes into a plot: points from left to right. */
  record Series(String name, List<Value> values) {}

  /**
   * A point.
   *
   * @param x a position on the axis
   */
  record Value(double x, double y, double low, double high, boolean hollow, String details) {}

  /** A mark of the common axis. */
  record Mark(double x, String text) {}

  /**
   * Lays out a plot; at least one point.
   *
   * @param reference value drawn as a line, within the axis; NaN for none
   */
  static Curves of(
      String title,
      String xTitle,
      String yTitle,
      List<Mark> marks,
      double reference,
      List<Series> series) {
    List<Value> all = series.stream().flatMap(one -> one.values().stream()).toList();
    double low = all.stream().mapToDouble(Value::low).min().orElseThrow();
    double high = all.stream().mapToDouble(Value::high).max().orElseThrow();
    boolean none = Double.isNaN(reference);
    Axis y =
        Axis.linear(
            none ? low : Math.min(low, reference),
            none ? high : Math.max(high, reference),
            BOTTOM,
            TOP);
    Axis x = Axis.linear(marks.getFirst().x(), marks.getLast().x(), LEFT, RIGHT);
    List<Curve> curves = new ArrayList<>();
    for (Series one : series) {
      List<Dot> dots =
          one.values().stream()
              .map(
                  value ->
                      new Dot(
                          x.at(value.x()),
                          y.at(value.y()),
                          y.at(value.low()),
                          y.at(value.high()),
                          value.hollow(),
                          value.details()))
              .toList();
      Dot end = dots.getLast();
      curves.add(new Curve(one.name(), curves.size(), line(dots), dots, end.x() + 10, end.y() + 4));
    }
    return new Curves(
        title,
        xTitle,
        yTitle,
        marks.stream().map(mark -> new Tick(x.at(mark.x()), mark.text())).toList(),
        y.ticks().stream()
            .filter(tick -> tick >= 0)
            .map(tick -> new Tick(y.at(tick), Axis.text(tick)))
            .toList(),
        none ? HEIGHT : y.at(reference),
        apart(curves));
  }

  private static String line(List<Dot> dots) {
    return dots.stream()
        .map(dot -> String.format(Locale.ROOT, "%.1f,%.1f", dot.x(), dot.y()))
        .collect(Collectors.joining(" "));
  }

  /** The same with names that end at one place under each other. */
  private static List<Curve> apart(List<Curve> curves) {
    List<Curve> order = new ArrayList<>(curves);
    order.sort(Comparator.comparingDouble(Curve::labelY));
    List<Curve> placed = new ArrayList<>();
    for (Curve curve : order) {
      double free =
          placed.stream()
              .filter(other -> Math.abs(other.labelX() - curve.labelX()) < WIDTH / 8.0)
              .mapToDouble(other -> other.labelY() + LINE)
              .max()
              .orElse(0);
      placed.add(
          new Curve(
              curve.name(),
              curve.style(),
              curve.line(),
              curve.dots(),
              curve.labelX(),
              Math.max(curve.labelY(), free)));
    }
    return placed;
  }
}
