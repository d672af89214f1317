package dev.lathe.report.html;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/** Maps values to positions along one axis of a plot, and says where its marks go. */
public final class Axis {

  private static final int MOST_TICKS = 6;

  private final double low;
  private final double high;
  private final double from;
  private final double to;
  private final boolean logarithmic;

  private Axis(double low, double high, double from, double to, boolean logarithmic) {
    this.low = low;
    this.high = high;
    this.from = from;
    this.to = to;
    this.logarithmic = logarithmic;
  }

  /** Equal steps for equal differences; some room is added on both sides. */
  public static Axis linear(double min, double max, double from, double to) {
    double room = max > min ? (max - min) * 0.1 : Math.max(Math.abs(max) * 0.05, 0.5);
    return new Axis(min - room, max + room, from, to, false);
  }

  /** Equal steps for equal ratios of positive values. */
  public static Axis logarithmic(double min, double max, double from, double to) {
    double room = Math.max((Math.log(max) - Math.log(min)) * 0.1, 0.1);
    return new Axis(Math.log(min) - room, Math.log(max) + room, from, to, true);
  }

  public double at(double value) {
    double scaled = logarithmic ? Math.log(value) : value;
    return from + (scaled - low) / (high - low) * (to - from);
  }

  /** The value at the axis' beginning. */
  public double lowest() {
    return logarithmic ? Math.exp(low) : low;
  }

  /** A tick in at most four digits. */
  public static String text(double tick) {
    return Math.abs(tick) < 1e-9
        ? "0"
        : new BigDecimal(tick).round(new MathContext(4)).stripTrailingZeros().toPlainString();
  }

  /** Round values within the axis. */
  public List<Double> ticks() {
    return logarithmic ? logTicks() : linearTicks();
  }

  private List<Double> linearTicks() {
    double step = Math.pow(10, Math.floor(Math.log10(high - low)));
    while ((high - low) / step < 3) {
      step /= 2;
    }
    while ((high - low) / step > MOST_TICKS) {
      step *= 2;
    }
    List<Double> ticks = new ArrayList<>();
    for (double i = Math.ceil(low / step); i * step <= high; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  private List<Double> logTicks() {
    List<Double> ticks = new ArrayList<>();
    for (int power = (int) Math.floor(low / Math.log(10)); ticks.size() < 40; power++) {
      for (int digit : new int[] {1, 2, 5}) {
        double value = digit * Math.pow(10, power);
        if (Math.log(value) > high) {
          return ticks;
        }
        if (Math.log(value) >= low) {
          ticks.add(value);
        }
      }
    }
    return ticks;
  }
}
