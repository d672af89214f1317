package dev.lathe.compress.prune;

import dev.lathe.compress.Compression;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Outcome;
import dev.lathe.compress.Provenance;
import dev.lathe.compress.weights.SelectedWeights;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightFinder;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  /** Prunes; no method so far needs samples. */
  public Result run(Network network) {
    return run(network, CompressionContext.none());
  }

  /**
   * Prunes.
   *
   * @throws UsageException when nothing is left to prune, or a pattern matches no node
   * @throws InvalidModelException when a weight holds NaN or infinity
   */
  @Override
  public Result run(Network network, CompressionContext context) {
    SelectedWeights found =
        SelectedWeights.of(network.graph(), WeightFinder.Scope.PRUNED, include, exclude);
    Graph graph = found.graph();
    List<Partition> partitions =
        found.weights().stream().map(weight -> granularity.partition(weight.view())).toList();
    List<ScoredWeight> scored = new ArrayList<>();
    for (int i = 0; i < partitions.size(); i++) {
      Weight weight = found.weights().get(i);
      scored.add(new ScoredWeight(weight.view(), score.of(weight, partitions.get(i))));
    }
    List<BitSet> masks = budget.choose(scored);
    Map<String, Tensor> constants = new LinkedHashMap<>(graph.constants());
    List<PruneReport.Layer> layers = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    for (int i = 0; i < partitions.size(); i++) {
      Weight weight = found.weights().get(i);
      Tensor pruned = Groups.zeroed(weight, partitions.get(i), masks.get(i));
      constants.put(weight.name(), pruned);
      PruneReport.Layer layer = layer(weight, partitions.get(i), masks.get(i), pruned);
      layers.add(layer);
      if (layer.zerosAfter() == layer.parameters()) {
        warnings.add(layer.node() + ": no weight is left, its output no longer depends on input");
      }
    }
    return new Result(
        Provenance.append(
            network.withGraph(graph.withConstants(constants)), METADATA_KEY, describe()),
        new PruneReport(layers, found.kept(), warnings));
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
