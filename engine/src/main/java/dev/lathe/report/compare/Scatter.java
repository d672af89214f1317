package dev.lathe.report.compare;

import dev.lathe.report.html.Axis;
import dev.lathe.report.html.Tick;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;

/**
 * A plot of a cost to the right against top-1 accuracy upwards, in SVG units of a {@value #WIDTH}
 * by {@value #HEIGHT} picture: the template only draws it.
 *
 * @param front the points that no other beats in both, as an SVG point list
 */
public record Scatter(
    String title,
    String xTitle,
    List<Tick> xTicks,
    List<Tick> yTicks,
    List<Point> points,
    String front) {

  public static final int WIDTH = 480;
  public static final int HEIGHT = 340;
  public static final int LEFT = 56;
  public static final int RIGHT = WIDTH - 14;
  public static final int TOP = 28;
  public static final int BOTTOM = HEIGHT - 52;

  private static final double CHAR = 7.4;
  private static final double LINE = 15;

  /**
   * A row of the ladder and its label, which touches no other.
   *
   * @param anchor {@code start}, {@code middle} or {@code end}, as SVG has it
   * @param far whether the label stands off and needs a line to its point
   */
  public record Point(
      String name,
      String details,
      boolean simulated,
      double x,
      double y,
      double labelX,
      double labelY,
      String anchor,
      boolean far) {}

  /** What goes into a plot. */
  record Value(String name, String details, boolean simulated, double cost, double accuracy) {}

  private record Box(double left, double top, double right, double bottom) {
    boolean touches(Box other) {
      return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
    }

    boolean inside() {
      return left >= LEFT && right <= WIDTH && top >= 0 && bottom <= BOTTOM;
    }
  }

  /** Lays out a plot; at least one value, costs positive. */
  static Scatter of(
      String title,
      String xTitle,
      List<Value> values,
      boolean logarithmic,
      DoubleFunction<String> unit) {
    double min = values.stream().mapToDouble(Value::cost).min().orElseThrow();
    double max = values.stream().mapToDouble(Value::cost).max().orElseThrow();
    Axis x =
        logarithmic ? Axis.logarithmic(min, max, LEFT, RIGHT) : Axis.linear(0, max, LEFT, RIGHT);
    Axis y =
        Axis.linear(
            values.stream().mapToDouble(Value::accuracy).min().orElseThrow(),
            values.stream().mapToDouble(Value::accuracy).max().orElseThrow(),
            BOTTOM,
            TOP);
    return new Scatter(
        title,
        xTitle,
        x.ticks().stream()
            .filter(tick -> tick >= 0)
            .map(tick -> new Tick(x.at(tick), unit.apply(tick)))
            .toList(),
        y.ticks().stream()
            .filter(tick -> tick >= 0 && tick <= 100)
            .map(tick -> new Tick(y.at(tick), Axis.text(tick)))
            .toList(),
        place(values, x, y),
        front(values, x, y));
  }

  private static List<Point> place(List<Value> values, Axis x, Axis y) {
    List<Box> taken = new ArrayList<>();
    for (Value value : values) {
      double px = x.at(value.cost());
      double py = y.at(value.accuracy());
      taken.add(new Box(px - 7, py - 7, px + 7, py + 7));
    }
    List<Point> points = new ArrayList<>();
    for (Value value : values) {
      points.add(label(value, x.at(value.cost()), y.at(value.accuracy()), taken));
    }
    return points;
  }

  /** The nearest free place for a label; above the point when everything is taken. */
  private static Point label(Value value, double x, double y, List<Box> taken) {
    double width = value.name().length() * CHAR;
    for (double distance = 0; distance < 120; distance += LINE) {
      double up = y - 12 - distance;
      double down = y + 22 + distance;
      double[][] places = {
        {x, up, -0.5},
        {x + 11, y + 5 - distance, 0},
        {x - 11, y + 5 - distance, -1},
        {x, down, -0.5},
        {x + 11, y + 5 + distance, 0},
        {x - 11, y + 5 + distance, -1}
      };
      for (double[] place : places) {
        double left = place[0] + place[2] * width;
        Box box = new Box(left, place[1] - LINE + 3, left + width, place[1] + 4);
        if (box.inside() && taken.stream().noneMatch(box::touches)) {
          taken.add(box);
          return point(value, x, y, place[0], place[1], place[2], distance > LINE);
        }
      }
    }
    return point(value, x, y, x, y - 12, -0.5, false);
  }

  private static Point point(
      Value value, double x, double y, double labelX, double labelY, double shift, boolean far) {
    String anchor = shift == 0 ? "start" : shift == -1 ? "end" : "middle";
    return new Point(
        value.name(), value.details(), value.simulated(), x, y, labelX, labelY, anchor, far);
  }

  private static String front(List<Value> values, Axis x, Axis y) {
    return values.stream()
        .filter(value -> values.stream().noneMatch(other -> beats(other, value)))
        .sorted(Comparator.comparingDouble(Value::cost))
        .map(
            value ->
                String.format(Locale.ROOT, "%.1f,%.1f", x.at(value.cost()), y.at(value.accuracy())))
        .collect(Collectors.joining(" "));
  }

  private static boolean beats(Value a, Value b) {
    return a.cost() <= b.cost()
        && a.accuracy() >= b.accuracy()
        && (a.cost() < b.cost() || a.accuracy() > b.accuracy());
  }
}
