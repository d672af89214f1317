package dev.lathe.report.compare;

import dev.lathe.measure.Bootstrap;
import dev.lathe.report.html.Axis;
import dev.lathe.report.html.Tick;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Values with their confidence intervals, one under the other, in SVG units of a {@value #WIDTH}
 * wide picture.
 *
 * @param reference where the value lies that means "no difference"
 */
public record Intervals(
    String title, String axis, double height, double reference, List<Tick> ticks, List<Bar> bars) {

  public static final int WIDTH = 480;
  public static final int LEFT = 122;
  public static final int RIGHT = WIDTH - 92;

  private static final int ROW = 30;
  private static final int FOOT = 46;

  /**
   * One value.
   *
   * @param clear whether the interval leaves "no difference" outside
   */
  public record Bar(
      String name, String text, double y, double at, double low, double high, boolean clear) {}

  record Value(String name, Bootstrap.Interval interval) {}

  /** Lays out some values; at least one. */
  static Intervals of(
      String title, String axis, String format, double reference, List<Value> values) {
    double min = reference;
    double max = reference;
    for (Value value : values) {
      min = Math.min(min, value.interval().low());
      max = Math.max(max, value.interval().high());
    }
    Axis x = Axis.linear(min, max, LEFT, RIGHT);
    List<Bar> bars =
        IntStream.range(0, values.size())
            .mapToObj(
                i -> {
                  Bootstrap.Interval interval = values.get(i).interval();
                  return new Bar(
                      values.get(i).name(),
                      String.format(Locale.ROOT, format, interval.value()),
                      ROW * i + ROW / 2.0 + 4,
                      x.at(interval.value()),
                      x.at(interval.low()),
                      x.at(interval.high()),
                      !interval.contains(reference));
                })
            .toList();
    return new Intervals(
        title,
        axis,
        values.size() * ROW + FOOT,
        x.at(reference),
        x.ticks().stream().map(tick -> new Tick(x.at(tick), Axis.text(tick))).toList(),
        bars);
  }
}
