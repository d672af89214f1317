package dev.lathe.compress.recover;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Progress;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.parallel.Workers;
import dev.lathe.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Changes the weights of a network layer by layer, from its input to its output. Layers are taken
 * in stages; those of a stage see inputs as the stages before them left them, and aim at the output
 * the original network has.
 */
public final class LayerwiseSolver {

  /** What every method that works layer by layer says when there are no samples. */
  private final String name;

  private final LayerMethod method;
  private final boolean correctBias;
  private final CompressionContext context;
  private final int stages;

  /**
   * A solver.
   *
   * @param name of the method, for messages
   * @param correctBias whether biases take up what the mean output loses, and weights are only to
   *     keep what varies; products that can't have a bias keep both
   */
  public LayerwiseSolver(
      String name, LayerMethod method, boolean correctBias, CompressionContext context) {
    this(name, method, correctBias, context, 1);
  }

  private LayerwiseSolver(
      String name,
      LayerMethod method,
      boolean correctBias,
      CompressionContext context,
      int stages) {
    this.name = name;
    this.method = method;
    this.correctBias = correctBias;
    this.context = context;
    this.stages = stages;
  }

  /** The same, observing the network as often as {@code stages} says, 1 or more. */
  public LayerwiseSolver inStages(int stages) {
    return new LayerwiseSolver(name, method, correctBias, context, stages);
  }

  /**
   * A network with other weights.
   *
   * @param solved names of the weights that were changed
   * @param kept weights that could not be, with the reason
   */
  public record Solution(Network network, List<String> solved, List<String> kept) {}

  /** Solves weights, which are in the order of their nodes. */
  public Solution solve(Network network, List<Weight> weights) {
    Network now = network;
    List<String> solved = new ArrayList<>();
    List<String> kept = new ArrayList<>();
    long start = System.nanoTime();
    try (Workers workers = new Workers(context.runOptions().threads())) {
      for (int stage = 0; stage < stages; stage++) {
        List<Weight> part =
            weights.subList(weights.size() * stage / stages, weights.size() * (stage + 1) / stages);
        if (part.isEmpty()) {
          continue;
        }
        Map<String, Moments> moments =
            solved.isEmpty()
                ? InputMoments.of(network, part, context, name)
                : InputMoments.withDrift(now, network, part, context, name);
        for (Weight weight : part) {
          Moments own = moments.remove(weight.name());
          if (own == null) {
            kept.add(
                weight.node().name()
                    + ": its inputs can't be observed within "
                    + context.maxBytes()
                    + " bytes");
            continue;
          }
          now = solve(now, weight, own, workers);
          solved.add(weight.name());
          context
              .progress()
              .update(
                  new Progress.State(
                      name,
                      solved.size(),
                      OptionalLong.of(weights.size()),
                      Duration.ofNanos(System.nanoTime() - start)));
        }
      }
    }
    return new Solution(now, solved, kept);
  }

  private Network solve(Network now, Weight weight, Moments moments, Workers workers) {
    boolean biased = correctBias && Biases.possible(now.graph(), weight);
    LayerProblem problem = new LayerProblem(weight, moments, biased);
    double[] changed = method.solve(problem, workers);
    Graph graph = now.graph();
    Map<String, Tensor> constants = new LinkedHashMap<>(graph.constants());
    constants.put(weight.name(), WeightMatrix.tensor(weight, changed));
    Network result = now.withGraph(graph.withConstants(constants));
    return biased ? Biases.shifted(result, weight, problem.shift(changed)) : result;
  }
}
