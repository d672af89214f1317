package dev.lathe.report.explain;

import dev.lathe.measure.Bootstrap;
import dev.lathe.report.Environment;
import dev.lathe.report.bench.Roofline;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why a model takes the time it takes.
 *
 * @param layers in execution order
 * @param causes that cost the most first
 * @param unconfirmed causes that facts suggest and no measurement confirms
 * @param actions what to do, that which wins the most first
 */
public record Explanation(
    Environment environment,
    Roofline roofline,
    List<Layer> layers,
    List<Named> causes,
    List<Named> unconfirmed,
    List<Action> actions) {

  /** Of the actions, what is worth doing first. */
  public static final int FIRST = 3;

  /**
   * A cause of a layer and what mending it wins.
   *
   * @param ratio time without the cause / time with it, or null when that was not measured
   * @param saved microseconds of a run; 0 when not known or nothing
   */
  public record Named(Finding finding, Bootstrap.@Nullable Interval ratio, double saved) {

    /** What was measured, in words. */
    public String gain() {
      Trial trial = finding.trial();
      if (ratio != null && trial != null) {
        return Cause.text(
            "measured: %s takes %.2f of the time (%.2f to %.2f)",
            trial.what(), ratio.value(), ratio.low(), ratio.high());
      }
      return finding.saves() > 0
          ? Cause.text("measured: its own %.1f µs", finding.saves())
          : "not measured: " + finding.unmeasured();
    }

    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("cause", finding.cause());
      json.put("layer", finding.layer());
      json.put("us", finding.micros());
      json.put("saved_us", saved);
      json.put("why", finding.why());
      json.put("remedy", finding.remedy());
      json.put("gain", gain());
      json.put("measured", ratio != null || finding.saves() > 0);
      if (ratio != null) {
        json.put("time_ratio", ratio.value());
        json.put("ci95", List.of(ratio.low(), ratio.high()));
      }
      return json;
    }
  }

  /**
   * What to do about all layers with a cause.
   *
   * @param layers how many it is about
   * @param saved microseconds of a run; gains of one layer do not add up
   * @param command of this program that does it, or empty
   */
  public record Action(String cause, int layers, double saved, String remedy, String command) {

    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("cause", cause);
      json.put("layers", layers);
      json.put("saved_us", saved);
      json.put("remedy", remedy);
      json.put("command", command);
      return json;
    }
  }

  public Explanation {
    layers = List.copyOf(layers);
    causes = List.copyOf(causes);
    unconfirmed = List.copyOf(unconfirmed);
    actions = List.copyOf(actions);
  }

  /** Time of one run, all steps together. */
  public double micros() {
    return layers.stream().mapToDouble(Layer::micros).sum();
  }

  /** The least time of one run, every layer at its roofline. */
  public double roofMicros() {
    return layers.stream().mapToDouble(Layer::roofMicros).sum();
  }

  /** Causes in their order: those with a gain by themselves, the others of one name together. */
  public List<List<Named>> groups() {
    Map<String, List<Named>> groups = new LinkedHashMap<>();
    for (Named one : causes) {
      String layer = one.saved() > 0 ? " of " + one.finding().layer() : "";
      groups.computeIfAbsent(one.finding().cause() + layer, cause -> new ArrayList<>()).add(one);
    }
    return List.copyOf(groups.values());
  }

  /** What to do first. */
  public List<Action> first() {
    return actions.subList(0, Math.min(FIRST, actions.size()));
  }

  /** Names of a layer's causes. */
  public List<String> causesOf(Layer layer) {
    return causes.stream()
        .map(Named::finding)
        .filter(finding -> finding.layer().equals(layer.name()))
        .map(Finding::cause)
        .toList();
  }

  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("environment", environment.json());
    json.put("us", micros());
    json.put("roofline_us", roofMicros());
    json.put("layers", layers.stream().map(this::json).toList());
    json.put("causes", causes.stream().map(Named::json).toList());
    json.put("unconfirmed", unconfirmed.stream().map(Named::json).toList());
    json.put("actions", actions.stream().map(Action::json).toList());
    return json;
  }

  private Map<String, Object> json(Layer layer) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", layer.name());
    json.put("op", layer.node().qualifiedOp());
    json.put("us", layer.micros());
    json.put("share", layer.share());
    json.put("roofline_us", layer.roofMicros());
    json.put("causes", causesOf(layer));
    json.put("steps", layer.steps().stream().map(Roofline.Layer::json).toList());
    return json;
  }
}
