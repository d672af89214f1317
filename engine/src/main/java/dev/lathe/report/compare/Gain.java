package dev.lathe.report.compare;

import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.measure.Bootstrap;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a rung gains over the dense one of the same kernels.
 *
 * @param against name of that row
 * @param speedup its time / the time of this one
 * @param claimed whether other kernels run than in that row, or of dense rows the same ones
 *     measurably faster; else no speed is claimed
 * @param why which kernels run, in words
 */
public record Gain(String against, Bootstrap.Interval speedup, boolean claimed, String why) {

  /** Smaller differences may be noise that the interval does not know. */
  private static final double CLEAR = 1.02;

  /**
   * Judges by what runs.
   *
   * @param kernels of the row
   * @param others of the row it is measured against
   * @param forecasts of layers with zeros that sparse kernels know
   */
  static Gain of(
      Place place,
      Bootstrap.Interval speedup,
      List<String> kernels,
      List<String> others,
      Collection<SparseForecast> forecasts) {
    boolean own = !others.containsAll(kernels);
    boolean zeros = forecasts.stream().anyMatch(SparseForecast::chosen);
    if (zeros || !place.isDense()) {
      return new Gain(place.against(), speedup, own, sparse(forecasts));
    }
    if (own) {
      return new Gain(place.against(), speedup, true, "kernels of its own");
    }
    boolean faster = speedup.low() > CLEAR;
    String how = faster ? ", faster with small weights here" : ", 8 bits each";
    return new Gain(place.against(), speedup, faster, "the kernels of " + place.against() + how);
  }

  private static String sparse(Collection<SparseForecast> forecasts) {
    if (forecasts.stream().noneMatch(layer -> layer.sparsity() > 0)) {
      return "dense kernels: no layer with zeros has a sparse one here";
    }
    long chosen = forecasts.stream().filter(SparseForecast::chosen).count();
    if (chosen > 0) {
      return chosen + " of " + forecasts.size() + " layers on sparse kernels";
    }
    double single = forecasts.stream().mapToDouble(SparseForecast::breakEven).min().orElse(1);
    double block = forecasts.stream().mapToDouble(SparseForecast::blockBreakEven).min().orElse(1);
    String finest = forecasts.iterator().next().finest();
    return String.format(
        Locale.ROOT,
        "dense kernels, as no layer has enough zeros; %s, %s",
        pays(finest, single),
        pays("4x4", block));
  }

  private static String pays(String pattern, double from) {
    return from >= 1
        ? pattern + " never pays"
        : String.format(Locale.ROOT, "%s pays from %.0f %%", pattern, Math.ceil(100 * from));
  }

  /** As in {@code runs on dense kernels ...: no speed over int8 is claimed}. */
  String sentence() {
    return claimed ? why : why + ": no speed over " + against + " is claimed";
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("against", against);
    json.put("speedup", speedup.value());
    json.put("speedup_ci95", List.of(speedup.low(), speedup.high()));
    json.put("claims_speed", claimed);
    json.put("why", sentence());
    return json;
  }
}
