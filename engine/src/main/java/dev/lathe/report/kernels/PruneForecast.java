package dev.lathe.report.kernels;

import dev.lathe.compress.prune.PruneReport;
import dev.lathe.error.LatheException;
import dev.lathe.graph.Network;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What zeros are predicted to do for the speed of a pruned network on this processor.
 *
 * @param layers that were pruned and that sparse kernels can run
 * @param obstacle why nothing could be predicted, or empty
 */
public record PruneForecast(List<Layer> layers, String obstacle) {

  /** A pruned layer, what it was before and what is predicted of it now. */
  public record Layer(PruneReport.Layer pruned, SparseForecast forecast) {

    /** As in {@code 56x56, 3x3, 64 to 64}: output, kernel and channels of a group. */
    public String geometry() {
      SlabShape shape = forecast.shape();
      return String.format(
          Locale.ROOT,
          "%dx%d, %dx%d, %d to %d",
          shape.height().out(),
          shape.width().out(),
          shape.height().kernel(),
          shape.width().kernel(),
          shape.k(),
          shape.n());
    }

    /** Whether it has zeros that win nothing. */
    public boolean idle() {
      return forecast.sparsity() > 0 && !forecast.chosen();
    }

    /** What to do about zeros that win nothing. */
    public String advice() {
      double blocks = forecast.blockBreakEven();
      double least = Math.min(blocks, forecast.breakEven());
      String advice;
      if (forecast.sparsity() > blocks) {
        advice =
            String.format(Locale.ROOT, "use --granularity 4x4, pays from %.0f %%", 100 * blocks);
      } else if (least >= 1) {
        advice = "leave it dense with --exclude, or remove channels";
      } else {
        advice =
            String.format(
                Locale.ROOT,
                "ask for more than %.0f %% with --granularity %s, or leave it dense",
                100 * least,
                blocks <= least ? "4x4" : forecast.finest());
      }
      return String.format(
          Locale.ROOT,
          "%.0f %% zeros run no faster than dense; %s",
          100 * forecast.sparsity(),
          advice);
    }

    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("name", pruned.node());
      json.put("shape", geometry());
      json.put("sparsity_before", pruned.sparsityBefore());
      json.put("sparsity", forecast.sparsity());
      json.put("break_even", forecast.breakEven());
      json.put("break_even_4x4", forecast.blockBreakEven());
      json.put("sparse", forecast.chosen());
      json.put("predicted_speedup", forecast.speedup());
      return json;
    }
  }

  public PruneForecast {
    layers = List.copyOf(layers);
  }

  /** Plans a pruned network for inputs as it declares them, open dimensions 1. */
  public static PruneForecast of(Network pruned, PruneReport report, RunOptions options) {
    try (NetworkRunner runner = new NetworkRunner(pruned, options)) {
      Map<String, SparseForecast> known = runner.planFor(runner.declaredFacts(1)).forecasts();
      List<Layer> layers = new ArrayList<>();
      for (PruneReport.Layer layer : report.layers()) {
        SparseForecast forecast = known.get(layer.node());
        if (forecast != null) {
          layers.add(new Layer(layer, forecast));
        }
      }
      return new PruneForecast(
          layers, layers.isEmpty() ? "no pruned layer can run on sparse kernels here" : "");
    } catch (LatheException unplanned) {
      return new PruneForecast(List.of(), unplanned.problems().getFirst().what());
    }
  }

  /** Dense time of all layers / time as they run. */
  public double speedup() {
    return layers.stream().mapToDouble(layer -> layer.forecast().dense()).sum()
        / layers.stream().mapToDouble(layer -> layer.forecast().nanoseconds()).sum();
  }

  /** Whether the costs behind it were measured on this processor. */
  public boolean measured() {
    return layers.stream().allMatch(layer -> layer.forecast().costs().measured());
  }

  /** Layers whose zeros win nothing. */
  public List<Layer> idle() {
    return layers.stream().filter(Layer::idle).toList();
  }

  /** What to do about them, and the names of the layers it is about. */
  public Map<String, List<String>> advice() {
    Map<String, List<String>> advice = new LinkedHashMap<>();
    idle()
        .forEach(
            layer ->
                advice
                    .computeIfAbsent(layer.advice(), text -> new ArrayList<>())
                    .add(layer.pruned().node()));
    return advice;
  }

  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("obstacle", obstacle);
    json.put("measured", measured());
    json.put("layers", layers.stream().map(Layer::json).toList());
    if (!layers.isEmpty()) {
      json.put("predicted_speedup_of_layers", speedup());
    }
    json.put("advice", advice());
    return json;
  }
}
