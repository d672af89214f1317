package dev.lathe.report.kernels;

import dev.lathe.compress.Progress;
import dev.lathe.compress.prune.Prune;
import dev.lathe.compress.prune.PruneReport;
import dev.lathe.compress.weights.DequantizedWeights;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.report.Repeated;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;

/**
 * Finds how much of a network must become zero to run some times as fast on this processor.
 *
 * <p>The forecast of the whole network is its own shortest time, step by step, where every layer
 * that sparse kernels know takes the predicted share of it. Per pattern the least sparsity in whole
 * per cent that reaches the target is found by bisection; of the patterns the one that loses least
 * is taken. The loss is the share of a layer's energy (sum of its squared weights) that becomes
 * zero, the mean over the layers.
 */
public final class SpeedTarget {

  private static final long MOST_NANOS = 16_000_000_000L;
  private static final int PER_CENT = 100;

  /** Makes the pruning that is tried; it must not observe samples. */
  @FunctionalInterface
  public interface Maker {
    Prune of(String granularity, double sparsity);
  }

  /**
   * A pattern and how much of it is zero.
   *
   * @param forecast speedup of the whole network
   * @param loss mean share of the layers' energy that is lost, 0..1
   * @param reached whether the forecast reaches the target
   */
  public record Candidate(
      String granularity, double sparsity, double forecast, double loss, boolean reached) {

    public Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("granularity", granularity);
      json.put("sparsity", sparsity);
      json.put("forecast", forecast);
      json.put("loss", loss);
      json.put("reached", reached);
      return json;
    }
  }

  /** What was chosen, and every pattern's best. */
  public record Choice(double asked, Candidate best, List<Candidate> candidates) {}

  private final Network network;
  private final RunOptions options;
  private final Maker maker;
  private final Progress progress;
  private final Map<String, SparseForecast> before;
  private final Map<String, Double> micros;
  private final long start = System.nanoTime();
  private final Map<String, Double> energies;
  private long tried;

  private SpeedTarget(Network network, RunOptions options, Maker maker, Progress progress) {
    this.network = network;
    this.options = options;
    this.maker = maker;
    this.progress = progress;
    this.energies = energies(maker.of("weight", 0).run(network));
    try (Repeated repeated = Repeated.seeded("original", new NetworkRunner(network, options))) {
      this.before = repeated.forecasts();
      this.micros = repeated.shortestMicros(MOST_NANOS);
    }
  }

  /**
   * Searches.
   *
   * @param asked times as fast as the network is, above 1
   * @param granularity to keep to, or empty for those that have kernels of their own here
   * @param most sparsity allowed, 0..1
   * @throws UsageException when it can't be reached, saying what can
   */
  public static Choice find(
      Network network,
      RunOptions options,
      double asked,
      String granularity,
      double most,
      Maker maker,
      Progress progress) {
    if (!(asked > 1) || Double.isInfinite(asked)) {
      throw new UsageException(
          new Problem(
              "the speedup to reach must be above 1",
              "target-speedup " + asked,
              "it is the time of the model as it is / that of the pruned one",
              "use 2 for half the time"));
    }
    if (!(most > 0 && most <= 1)) {
      throw new UsageException(
          new Problem(
              "the most zeros allowed must be above 0 and at most 1", "sparsity " + most, "", ""));
    }
    SpeedTarget target = new SpeedTarget(network, options, maker, progress);
    List<String> patterns = granularity.isEmpty() ? target.patterns() : List.of(granularity);
    List<Candidate> candidates = new ArrayList<>();
    for (String pattern : patterns) {
      candidates.add(target.least(pattern, asked, most));
    }
    Candidate best =
        candidates.stream()
            .filter(Candidate::reached)
            .min(Comparator.comparingDouble(Candidate::loss))
            .orElseThrow(() -> unreachable(asked, most, candidates));
    return new Choice(asked, best, candidates);
  }

  private static UsageException unreachable(double asked, double most, List<Candidate> candidates) {
    Candidate best =
        candidates.stream().max(Comparator.comparingDouble(Candidate::forecast)).orElseThrow();
    return new UsageException(
        new Problem(
            "the speedup can't be reached",
            "target-speedup " + asked,
            String.format(
                Locale.ROOT,
                "with %.0f %% zeros in every layer that is pruned the forecast is %.2fx at most"
                    + " (granularity %s); the rest of the time is not that of their weights",
                100 * most,
                best.forecast(),
                best.granularity()),
            "ask for less, allow more with --sparsity, or remove channels (--granularity"
                + " channel)"));
  }

  /** The blocks that the sparse kernels of the network's layers leave out. */
  private List<String> patterns() {
    List<String> patterns =
        before.values().stream()
            .flatMap(layer -> List.of(1, 4).stream().map(layer.costs()::block))
            .map(block -> block.equals("1x1") ? "weight" : block)
            .distinct()
            .toList();
    if (patterns.isEmpty()) {
      throw new UsageException(
          new Problem(
              "zeros make no layer of this model faster",
              "target-speedup",
              "no layer has a sparse kernel here",
              "remove channels (--granularity channel), or quantize"));
    }
    return patterns;
  }

  private Candidate least(String pattern, double asked, double most) {
    int high = (int) Math.floor(PER_CENT * most + 1e-9);
    Candidate best = candidate(pattern, high, asked);
    int low = 0;
    while (best.reached() && high - low > 1) {
      int middle = (low + high) / 2;
      Candidate tried = candidate(pattern, middle, asked);
      if (tried.reached()) {
        best = tried;
        high = middle;
      } else {
        low = middle;
      }
    }
    return best;
  }

  private Candidate candidate(String pattern, int perCent, double asked) {
    double sparsity = perCent / (double) PER_CENT;
    Prune.Result result = maker.of(pattern, sparsity).run(network);
    double forecast = forecast(result.network());
    tried++;
    progress.update(
        new Progress.State(
            "search", tried, OptionalLong.empty(), Duration.ofNanos(System.nanoTime() - start)));
    return new Candidate(pattern, sparsity, forecast, loss(result), forecast >= asked);
  }

  /** Speedup of the network that is predicted for a pruned form of it. */
  public double forecast(Network pruned) {
    try (NetworkRunner runner = new NetworkRunner(pruned, options)) {
      return forecast(runner.planFor(runner.declaredFacts(1)).forecasts());
    }
  }

  private double forecast(Map<String, SparseForecast> after) {
    return forecast(
        micros,
        step -> {
          SparseForecast was = before.get(step);
          SparseForecast is = after.get(step);
          return was == null || is == null ? 1 : is.nanoseconds() / was.nanoseconds();
        });
  }

  /** Time of all steps / time when each takes its share of it. */
  static double forecast(Map<String, Double> micros, ToDoubleFunction<String> share) {
    double all = 0;
    double left = 0;
    for (Map.Entry<String, Double> step : micros.entrySet()) {
      all += step.getValue();
      left += step.getValue() * share.applyAsDouble(step.getKey());
    }
    return all / left;
  }

  private double loss(Prune.Result result) {
    double sum = 0;
    for (Map.Entry<String, Double> layer : energies(result).entrySet()) {
      double was = energies.getOrDefault(layer.getKey(), 0.0);
      sum += was == 0 ? 0 : Math.max(0, 1 - layer.getValue() / was);
    }
    return sum / energies.size();
  }

  /** Sums of squares of the weights that are pruned, by name. */
  private static Map<String, Double> energies(Prune.Result result) {
    Graph graph = DequantizedWeights.of(result.network().graph()).graph();
    Map<String, Double> energies = new LinkedHashMap<>();
    for (PruneReport.Layer layer : result.report().layers()) {
      double sum = 0;
      for (float weight :
          Objects.requireNonNull(graph.constants().get(layer.tensor())).toFloats()) {
        sum += (double) weight * weight;
      }
      energies.put(layer.tensor(), sum);
    }
    return energies;
  }
}
