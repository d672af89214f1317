package dev.lathe.compress.factorize;

import dev.lathe.compress.Compression;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.FoldedConstants;
import dev.lathe.compress.InferredFacts;
import dev.lathe.compress.Outcome;
import dev.lathe.compress.Progress;
import dev.lathe.compress.Provenance;
import dev.lathe.compress.weights.SelectedWeights;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightFinder;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Low rank: products become several of fewer multiply-accumulates. A layer that would not get
 * cheaper stays as it is.
 *
 * @param include only nodes whose name contains a match, or null for all
 * @param exclude no nodes whose name contains a match, or null for none
 */
public record Factorize(
    FactorMethod method, RankRule rule, @Nullable Pattern include, @Nullable Pattern exclude)
    implements Compression {

  /** Key of the network metadata that says how it was taken apart. */
  public static final String METADATA_KEY = "lathe.factorize";

  /** The network and what became of its layers. */
  public record Result(Network network, FactorReport report) implements Outcome {

    @Override
    public List<String> kept() {
      return report.kept();
    }

    @Override
    public List<String> warnings() {
      return List.of();
    }
  }

  /** By singular values, keeping a share of the squared norm of every weight. */
  public static Factorize byEnergy(double share) {
    return new Factorize(new SvdMethod(), new RankRule.Energy(share), null, null);
  }

  @Override
  public String describe() {
    return method.name() + ", " + rule.describe();
  }

  /**
   * Takes layers apart; needs no samples.
   *
   * @throws dev.lathe.error.UsageException when there is no weight, or a pattern matches nothing
   * @throws dev.lathe.error.InvalidModelException when a weight holds NaN or infinity
   */
  @Override
  public Result run(Network given, CompressionContext context) {
    Network network = FoldedConstants.of(given);
    SelectedWeights found =
        SelectedWeights.of(network.graph(), WeightFinder.Scope.CODED, include, exclude);
    Facts facts = InferredFacts.of(network);
    GraphEditor editor = GraphEditor.of(found.graph());
    List<String> kept = new ArrayList<>(found.kept());
    List<FactorReport.Layer> layers = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; i < found.weights().size(); i++) {
      Weight weight = found.weights().get(i);
      TensorFact input = facts.find(weight.node().input(0));
      TensorFact output = facts.find(weight.node().output(0));
      if (input == null || output == null) {
        kept.add(weight.node().name() + ": its shapes are not known");
        continue;
      }
      Layer layer = new Layer(weight, input.shape(), output.shape());
      String obstacle = method.obstacle(layer);
      if (obstacle.isEmpty()) {
        factorize(layer, editor, layers, kept);
      } else {
        kept.add(weight.node().name() + ": " + obstacle);
      }
      context
          .progress()
          .update(
              new Progress.State(
                  "factorize",
                  i + 1L,
                  OptionalLong.of(found.weights().size()),
                  Duration.ofNanos(System.nanoTime() - start)));
    }
    Network result = network.withGraph(editor.toGraph());
    return new Result(
        layers.isEmpty() ? given : Provenance.append(result, METADATA_KEY, describe()),
        new FactorReport(layers, kept));
  }

  private void factorize(
      Layer layer, GraphEditor editor, List<FactorReport.Layer> layers, List<String> kept) {
    Decomposition parts = method.decompose(layer);
    List<double[]> energies = parts.energies();
    int[] ranks = rule.choose(energies, parts::macs, layer.macs());
    long macs = parts.macs(ranks);
    if (macs >= layer.macs()) {
      kept.add(
          layer.node().name()
              + ": "
              + macs
              + " multiply-accumulates at rank "
              + text(ranks)
              + ", "
              + layer.macs()
              + " as it is");
      return;
    }
    Factors factors = new Factors(layer.weight().name());
    for (Node node : editor.consumers(layer.weight().name())) {
      editor.replace(node, parts.nodes(node, ranks, factors, editor).toArray(Node[]::new));
    }
    layers.add(
        new FactorReport.Layer(
            layer.node().name(),
            layer.node().opType(),
            Arrays.stream(ranks).boxed().toList(),
            energies.stream().map(mode -> mode.length).toList(),
            energy(energies, ranks),
            layer.macs(),
            macs));
  }

  private static String text(int[] ranks) {
    return String.join(" x ", Arrays.stream(ranks).mapToObj(Integer::toString).toList());
  }

  /** What is kept for certain: the losses of the modes add up at most. */
  private static double energy(List<double[]> energies, int[] ranks) {
    double lost = 0;
    for (int i = 0; i < ranks.length; i++) {
      double all = Arrays.stream(energies.get(i)).sum();
      double gone = Arrays.stream(energies.get(i), ranks[i], energies.get(i).length).sum();
      lost += all == 0 ? 0 : gone / all;
    }
    return Math.max(0, 1 - lost);
  }
}
