package dev.lathe.compress.calibrate;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleFunction;

/** Every calibration method, by the name before the colon. */
public final class CalibrationMethods {

  private record Entry(double fallback, DoubleFunction<CalibrationMethod> method) {}

  private static final Map<String, Entry> ALL = new LinkedHashMap<>();

  static {
    ALL.put("minmax", new Entry(Double.NaN, none -> MinMaxObserver.METHOD));
    ALL.put("average", new Entry(Double.NaN, none -> MovingAverage.METHOD));
    ALL.put("percentile", new Entry(99.99, Percentile::method));
    ALL.put("entropy", new Entry(Double.NaN, none -> Entropy.METHOD));
    ALL.put("mse", new Entry(Double.NaN, none -> SquaredError.METHOD));
  }

  private CalibrationMethods() {}

  public static CalibrationMethod minMax() {
    return MinMaxObserver.METHOD;
  }

  /**
   * Parses a name, such as {@code minmax}, or {@code percentile:P}.
   *
   * @throws UsageException naming the known methods
   */
  public static CalibrationMethod parse(String text) {
    int colon = text.indexOf(':');
    Entry entry = ALL.get(colon < 0 ? text : text.substring(0, colon));
    if (entry == null || (colon >= 0 && Double.isNaN(entry.fallback))) {
      throw wrong(text, "");
    }
    try {
      return entry.method.apply(
          colon < 0 ? entry.fallback : Double.parseDouble(text.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw wrong(text, String.valueOf(e.getMessage()));
    }
  }

  private static UsageException wrong(String text, String why) {
    return new UsageException(
        new Problem(
            "unknown calibration method",
            "--calibrate '" + text + "'",
            why,
            "use one of " + String.join(", ", ALL.keySet()) + ", as in percentile:99.99"));
  }
}
