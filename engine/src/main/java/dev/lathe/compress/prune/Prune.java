package dev.lathe.compress.prune;

import dev.lathe.compress.Compression;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Outcome;
import dev.lathe.compress.Provenance;
import dev.lathe.compress.recover.InputMoments;
import dev.lathe.compress.recover.LayerwiseSolver;
import dev.lathe.compress.recover.LeastSquaresFit;
import dev.lathe.compress.weights.DequantizedWeights;
import dev.lathe.compress.weights.SelectedWeights;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightFinder;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.parallel.Workers;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Pruning by masks: groups of weights become zero, shapes stay. It covers the constant weights of
 * Conv, Gemm and MatMul, never biases; the first convolution and depthwise ones only when {@code
 * include} names them. A weight that several nodes share is pruned once, or not at all when one of
 * them must not be pruned.
 *
 * <p>The same settings on the same network give the same bits; weights that are kept keep theirs.
 *
 * @param score ranks the groups
 * @param granularity makes them
 * @param budget says how many become zero; that of the granularity where it has one
 * @param include only nodes whose name contains a match, or null for all
 * @param exclude no nodes whose name contains a match, or null for none
 */
public record Prune(
    ImportanceScore score,
    Granularity granularity,
    Budget budget,
    @Nullable Pattern include,
    @Nullable Pattern exclude)
    implements Compression {

  /** Key of the network metadata that says how it was pruned. */
  public static final String METADATA_KEY = "lathe.prune";

  /** The pruned network and what happened to its weights. */
  public record Result(Network network, PruneReport report) implements Outcome {

    @Override
    public List<String> kept() {
      return report.kept();
    }

    @Override
    public List<String> warnings() {
      return report.warnings();
    }
  }

  public Prune {
    Budget fixed = granularity.budget();
    if (fixed != null ? !fixed.equals(budget) : budget instanceof NOfM) {
      throw new UsageException(
          new Problem(
              "the granularity and the budget do not go together",
              "granularity " + granularity.name() + ", " + budget.describe(),
              "N:M itself says how much is zeroed, and other granularities do not",
              "give either N:M or a sparsity or threshold"));
    }
  }

  /** Single weights of the smallest magnitude, {@code sparsity} (0 to 1) of every layer. */
  public static Prune byMagnitude(double sparsity) {
    return new Prune(new L1Score(), Granularities.weight(), new Share(sparsity, false), null, null);
  }

  /** A granularity that brings its budget with it replaces the budget. */
  public Prune withGranularity(Granularity granularity) {
    Budget fixed = granularity.budget();
    return new Prune(score, granularity, fixed == null ? budget : fixed, include, exclude);
  }

  public Prune withScore(ImportanceScore score) {
    return new Prune(score, granularity, budget, include, exclude);
  }

  public Prune withBudget(Budget budget) {
    return new Prune(score, granularity, budget, include, exclude);
  }

  public Prune withNodes(@Nullable Pattern include, @Nullable Pattern exclude) {
    return new Prune(score, granularity, budget, include, exclude);
  }

  /** As in {@code l1 of 1x4, sparsity 0.8 in each layer}. */
  @Override
  public String describe() {
    return score.name() + " of " + granularity.name() + ", " + budget.describe();
  }

  /**
   * What is left of one weight, whatever {@link #include} says.
   *
   * @throws UsageException when the score observes
   */
  public Tensor of(Weight weight) {
    Partition groups = granularity.partition(weight.view());
    ScoredWeight scored = new ScoredWeight(weight.view(), score.of(weight, groups));
    return Groups.zeroed(weight, groups, budget.choose(List.of(scored)).getFirst());
  }

  /** Prunes without samples. */
  public Result run(Network network) {
    return run(network, CompressionContext.none());
  }

  /**
   * Prunes.
   *
   * @throws UsageException when nothing is left to prune, a pattern matches no node, or the score
   *     observes and the context has no samples
   * @throws InvalidModelException when a weight holds NaN or infinity
   */
  @Override
  public Result run(Network given, CompressionContext context) {
    Network network = SelectedWeights.prepared(given);
    DequantizedWeights dequantized =
        score.fits()
            ? DequantizedWeights.none(network.graph())
            : DequantizedWeights.of(network.graph());
    SelectedWeights found =
        SelectedWeights.of(dequantized.graph(), WeightFinder.Scope.PRUNED, include, exclude);
    Network prepared = network.withGraph(found.graph());
    Map<String, double[]> scores = scores(prepared, found.weights(), context);
    List<String> kept = new ArrayList<>(found.kept());
    List<Weight> weights = new ArrayList<>();
    for (Weight weight : found.weights()) {
      if (scores.containsKey(weight.name())) {
        weights.add(weight);
      } else {
        kept.add(weight.node().name() + ": what it reads can't be observed in the memory allowed");
      }
    }
    List<Partition> partitions =
        weights.stream().map(weight -> granularity.partition(weight.view())).toList();
    List<BitSet> masks =
        budget.choose(weights.stream().map(weight -> scored(weight, scores)).toList());
    Network pruned = zeroed(prepared, weights, partitions, masks, context);
    List<PruneReport.Layer> layers = new ArrayList<>();
    List<String> warnings = new ArrayList<>(budget.warnings());
    for (int i = 0; i < partitions.size(); i++) {
      Tensor after = constant(pruned, weights.get(i));
      PruneReport.Layer layer = layer(weights.get(i), partitions.get(i), masks.get(i), after);
      layers.add(layer);
      if (layer.zerosAfter() == layer.parameters()) {
        warnings.add(layer.node() + ": no weight is left, its output no longer depends on input");
      }
    }
    return new Result(
        Provenance.append(
            pruned.withGraph(dequantized.lower(pruned.graph())), METADATA_KEY, describe()),
        new PruneReport(layers, kept, warnings));
  }

  /** Scores by the weight's name; none of what can't be observed. */
  private Map<String, double[]> scores(
      Network network, List<Weight> weights, CompressionContext context) {
    Map<String, double[]> scores = new HashMap<>();
    if (score.observes()) {
      try (Workers workers = new Workers(context.runOptions().threads())) {
        InputMoments.forEach(
            network,
            weights,
            context,
            "method " + score.name(),
            (weight, moments) -> {
              Partition groups = granularity.partition(weight.view());
              scores.put(weight.name(), score.of(weight, groups, moments, workers));
            });
      }
    } else {
      for (Weight weight : weights) {
        scores.put(weight.name(), score.of(weight, granularity.partition(weight.view())));
      }
    }
    return scores;
  }

  private static ScoredWeight scored(Weight weight, Map<String, double[]> scores) {
    return new ScoredWeight(weight.view(), Objects.requireNonNull(scores.get(weight.name())));
  }

  private static Tensor constant(Network network, Weight weight) {
    return Objects.requireNonNull(network.graph().constants().get(weight.name()));
  }

  /** The network without what is marked, and the rest fitted where the score asks for it. */
  private Network zeroed(
      Network network,
      List<Weight> weights,
      List<Partition> partitions,
      List<BitSet> masks,
      CompressionContext context) {
    Map<String, Tensor> constants = new LinkedHashMap<>(network.graph().constants());
    Map<String, BitSet> removed = new HashMap<>();
    for (int i = 0; i < masks.size(); i++) {
      Weight weight = weights.get(i);
      constants.put(weight.name(), Groups.zeroed(weight, partitions.get(i), masks.get(i)));
      removed.put(weight.name(), Groups.elements(weight, partitions.get(i), masks.get(i)));
    }
    Network zeroed = network.withGraph(network.graph().withConstants(constants));
    if (!score.fits()) {
      return zeroed;
    }
    LayerwiseSolver.Solution fitted =
        new LayerwiseSolver("fit", new LeastSquaresFit(removed), false, context)
            .solve(network, weights);
    Graph graph = fitted.network().graph();
    Map<String, Tensor> result = new LinkedHashMap<>(graph.constants());
    for (Weight weight : weights) {
      if (!fitted.solved().contains(weight.name())) {
        result.put(weight.name(), constant(zeroed, weight));
      }
    }
    return fitted.network().withGraph(graph.withConstants(result));
  }

  private static PruneReport.Layer layer(
      Weight weight, Partition partition, BitSet mask, Tensor pruned) {
    return new PruneReport.Layer(
        weight.node().name(),
        weight.node().opType(),
        weight.name(),
        pruned.elements(),
        partition.count(),
        mask.cardinality(),
        Weight.zeros(weight.tensor()),
        Weight.zeros(pruned));
  }
}
