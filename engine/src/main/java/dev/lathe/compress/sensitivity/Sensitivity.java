package dev.lathe.compress.sensitivity;

import dev.lathe.compress.Agreement;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.OutputReference;
import dev.lathe.compress.Progress;
import dev.lathe.compress.quantize.Quantizer;
import dev.lathe.compress.weights.SelectedWeights;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightFinder;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Measures how much each weight minds being coded or pruned in each of some ways: the weight alone
 * is replaced by what is left of it, and the outputs are compared with the original's. Errors of
 * several layers do not simply add up, so what is chosen is measured again jointly.
 */
public final class Sensitivity {

  private final Network network;
  private final SelectedWeights selected;
  private final List<Candidate> candidates;
  private final OutputReference reference;

  private Sensitivity(
      Network network,
      SelectedWeights selected,
      List<Candidate> candidates,
      OutputReference reference) {
    this.network = network;
    this.selected = selected;
    this.candidates = candidates;
    this.reference = reference;
  }

  /**
   * Runs the original on the samples. The weights are those {@link Quantizer#prepare} leaves.
   *
   * @param candidates to measure, at least one
   * @param include only nodes whose name contains a match, or null for all
   * @param exclude no nodes whose name contains a match, or null for none
   * @throws UsageException when there are no samples, no candidates or no weights
   */
  public static Sensitivity of(
      Network network,
      List<Candidate> candidates,
      @Nullable Pattern include,
      @Nullable Pattern exclude,
      CompressionContext context) {
    if (candidates.isEmpty()) {
      throw new UsageException(Problem.of("there is no candidate to measure", "--candidates"));
    }
    Network prepared = Quantizer.prepare(network);
    SelectedWeights selected =
        SelectedWeights.of(prepared.graph(), WeightFinder.Scope.CODED, include, exclude);
    // Without progress: a measurement counts as one unit of this task's.
    OutputReference reference = OutputReference.of(network, context.withProgress(Progress.NONE));
    return new Sensitivity(prepared, selected, List.copyOf(candidates), reference);
  }

  /** Nodes that keep their weights, with the reason. */
  public List<String> kept() {
    return selected.kept();
  }

  public long samples() {
    return reference.count();
  }

  /** Measures every layer with every candidate, one at a time. */
  public List<LayerSensitivity> layers(Progress progress) {
    long total = (long) selected.weights().size() * candidates.size();
    long start = System.nanoTime();
    long done = 0;
    List<LayerSensitivity> layers = new ArrayList<>();
    for (Weight weight : selected.weights()) {
      List<LayerSensitivity.Cell> cells = new ArrayList<>();
      for (Candidate candidate : candidates) {
        Candidate.Tried tried = candidate.of(weight);
        Agreement agreement = reference.compare(with(Map.of(weight.name(), tried.values())), "");
        cells.add(new LayerSensitivity.Cell(candidate.name(), tried.bytes(), agreement));
        progress.update(
            new Progress.State(
                "sensitivity",
                ++done,
                OptionalLong.of(total),
                Duration.ofNanos(System.nanoTime() - start)));
      }
      layers.add(
          new LayerSensitivity(
              readers(weight), weight.node().opType(), weight.tensor().elements(), cells));
    }
    return layers;
  }

  private List<String> readers(Weight weight) {
    return selected.graph().nodes().stream()
        .filter(node -> node.inputs().contains(weight.name()))
        .map(Node::name)
        .toList();
  }

  /** Measures all layers together, each with the candidate of its index in {@code choice}. */
  public Agreement jointly(List<Integer> choice) {
    Map<String, Tensor> values = new LinkedHashMap<>();
    for (int i = 0; i < choice.size(); i++) {
      Weight weight = selected.weights().get(i);
      values.put(weight.name(), candidates.get(choice.get(i)).of(weight).values());
    }
    return reference.compare(with(values), "");
  }

  private Network with(Map<String, Tensor> values) {
    Map<String, Tensor> constants = new LinkedHashMap<>(selected.graph().constants());
    constants.putAll(values);
    return network.withGraph(selected.graph().withConstants(constants));
  }
}
