package dev.lathe.compress.recover;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Progress;
import dev.lathe.compress.Samples;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.parallel.Workers;
import dev.lathe.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Changes the weights of a network layer by layer, from its input to its output, each to give the
 * output the original network has from inputs as the layers before it left them. That takes a pass
 * over the samples per layer, which starts at the layer where what the layers before it made fits
 * the context's memory; layers that share a pass would make up for the same error twice.
 */
public final class LayerwiseSolver {

  /** What every method that works layer by layer says when there are no samples. */
  private final String name;

  private final LayerMethod method;
  private final boolean correctBias;
  private final CompressionContext context;
  private final CompressionContext quiet;

  /**
   * A solver.
   *
   * @param name of the method, for messages
   * @param correctBias whether biases take up what the mean output loses, and weights are only to
   *     keep what varies; products that can't have a bias keep both
   */
  public LayerwiseSolver(
      String name, LayerMethod method, boolean correctBias, CompressionContext context) {
    this.name = name;
    this.method = method;
    this.correctBias = correctBias;
    this.context = context;
    this.quiet =
        new CompressionContext(
            context.samples(), context.runOptions(), context.maxBytes(), Progress.NONE);
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
    Samples samples = context.requireSamples(name);
    CarriedSamples carried = carried(samples);
    CarriedSamples originals = carried(samples);
    Set<String> ahead = new HashSet<>();
    weights.forEach(weight -> ahead.add(weight.name()));
    try (Workers workers = new Workers(context.runOptions().threads())) {
      for (Weight weight : weights) {
        if (!solved.isEmpty()) {
          carried.advance(now, ahead);
          originals.advance(network, ahead);
        }
        ahead.remove(weight.name());
        InputMoments observed =
            new InputMoments(
                now, carried, solved.isEmpty() ? null : network, originals, quiet, samples);
        Moments moments =
            observed.fits(weight) ? observed.pass(List.of(weight)).get(weight.name()) : null;
        if (moments == null) {
          kept.add(
              weight.node().name()
                  + ": what it reads can't be observed within "
                  + context.maxBytes()
                  + " bytes");
          continue;
        }
        now = solve(now, weight, moments, workers);
        solved.add(weight.name());
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        context
            .progress()
            .update(
                new Progress.State(name, solved.size(), OptionalLong.of(weights.size()), elapsed));
      }
    }
    return new Solution(now, solved, kept);
  }

  private CarriedSamples carried(Samples samples) {
    return new CarriedSamples(samples, context.runOptions(), context.maxBytes() / 2);
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
