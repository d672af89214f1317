package dev.lathe.compress.prune;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.recover.Biases;
import dev.lathe.compress.recover.InputMoments;
import dev.lathe.compress.recover.Moments;
import dev.lathe.compress.recover.OutputChange;
import dev.lathe.compress.surgery.Channel;
import dev.lathe.compress.surgery.ChannelGraph;
import dev.lathe.compress.surgery.ChannelGroup;
import dev.lathe.compress.surgery.Reader;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import dev.lathe.parallel.Workers;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Ranks channels by what the products that read them lose without them, after the best update of
 * their weights. What a group loses is measured on the outputs of the network, with a quarter of
 * its channels gone and the weights updated.
 */
public record SecondOrderScore() implements ChannelScore {

  private static final double[] PROBES = {0.125, 0.25, 0.5};
  private static final long PROBE_SAMPLES = 256;

  @Override
  public String name() {
    return "obs";
  }

  @Override
  public String obstacle(ChannelGraph graph, ChannelGroup group) {
    return graph.readers().stream().noneMatch(reader -> reads(reader, group))
        ? "no product with constant weights reads its channels"
        : "";
  }

  private static boolean reads(Reader reader, ChannelGroup group) {
    return group.channels().getFirst().of(reader.axis()).length > 0;
  }

  @Override
  public List<ScoredGroup> rank(
      ChannelGraph graph, List<ChannelGroup> groups, CompressionContext context) {
    List<Weight> weights =
        graph.readers().stream()
            .filter(reader -> groups.stream().anyMatch(group -> reads(reader, group)))
            .map(Reader::weight)
            .toList();
    Map<String, Moments> moments = InputMoments.of(graph.network(), weights, context, name());
    requireAll(weights, moments, context);
    Ranked[] ranked = new Ranked[groups.size()];
    try (Workers workers = new Workers(context.runOptions().threads())) {
      workers.run(
          (worker, barrier) -> {
            for (int i = worker; i < ranked.length; i += workers.size()) {
              ranked[i] = rank(graph, groups.get(i), moments);
            }
          });
    }
    List<ScoredGroup> scored = new ArrayList<>();
    try (OutputChange change = new OutputChange(graph.network(), context, name(), PROBE_SAMPLES)) {
      for (Ranked one : ranked) {
        scored.add(one.measured(graph.network(), change));
      }
    }
    return scored;
  }

  /** Weights and biases of the products that read a group, some of its channels gone. */
  private record Probe(int removed, Map<Weight, double[]> weights, Map<Weight, double[]> shifts) {

    Network of(Network network) {
      Map<String, Tensor> constants = new LinkedHashMap<>(network.graph().constants());
      weights.forEach(
          (weight, matrix) -> constants.put(weight.name(), WeightMatrix.tensor(weight, matrix)));
      Network probe = network.withGraph(network.graph().withConstants(constants));
      for (Map.Entry<Weight, double[]> shift : shifts.entrySet()) {
        probe = Biases.shifted(probe, shift.getKey(), shift.getValue());
      }
      return probe;
    }
  }

  /** A group in the order its channels go, with probes along the way. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Ranked(
      ChannelGroup group, List<Integer> order, double[] losses, List<Probe> probes) {

    /** Losses that add up to what each probe changes; behind the last they grow as predicted. */
    ScoredGroup measured(Network network, OutputChange change) {
      double[] scaled = losses.clone();
      int from = 0;
      double before = 0;
      double factor = 1;
      for (Probe probe : probes) {
        double now = Math.max(before, change.of(probe.of(network)));
        double predicted = sum(from, probe.removed);
        factor = predicted > 0 ? (now - before) / predicted : 0;
        scale(scaled, from, probe.removed, factor);
        from = probe.removed;
        before = now;
      }
      scale(scaled, from, scaled.length, factor);
      scale(scaled, 0, scaled.length, group.filters().size());
      return new ScoredGroup(group, order, scaled, scaled);
    }

    private double sum(int from, int to) {
      return Arrays.stream(losses, from, to).sum();
    }

    private static void scale(double[] values, int from, int to, double factor) {
      for (int i = from; i < to; i++) {
        values[i] *= factor;
      }
    }
  }

  private static Ranked rank(ChannelGraph graph, ChannelGroup group, Map<String, Moments> moments) {
    Elimination elimination = new Elimination(group.channels().size());
    List<Reader> readers = new ArrayList<>();
    for (Reader reader : graph.readers()) {
      if (reads(reader, group)) {
        boolean biased = Biases.possible(graph.network().graph(), reader.weight());
        add(elimination, reader, group, moments(moments, reader.weight()), biased);
        readers.add(reader);
      }
    }
    SortedSet<Integer> levels = new TreeSet<>();
    for (double share : PROBES) {
      levels.add((int) Math.ceil(share * group.channels().size()));
    }
    double[] losses = new double[group.channels().size()];
    List<Integer> order = elimination.run(losses, levels);
    List<Probe> probes = new ArrayList<>();
    for (int level : levels) {
      probes.add(probe(graph, readers, moments, elimination, level, probes.size()));
    }
    return new Ranked(group, order, losses, probes);
  }

  private static Probe probe(
      ChannelGraph graph,
      List<Reader> readers,
      Map<String, Moments> moments,
      Elimination elimination,
      int removed,
      int level) {
    Map<Weight, double[]> weights = new LinkedHashMap<>();
    Map<Weight, double[]> shifts = new LinkedHashMap<>();
    int product = 0;
    for (Reader reader : readers) {
      WeightView view = reader.weight().view();
      Moments own = moments(moments, reader.weight());
      double[] before = WeightMatrix.of(reader.weight());
      double[] after = new double[view.elements()];
      double[] shift = new double[view.rows()];
      for (int batch = 0; batch < view.batches(); batch++) {
        double[] part = elimination.weights(product++, level);
        System.arraycopy(part, 0, after, batch * view.n() * view.k(), part.length);
        double[] mean = own.mean(batch);
        for (int row = batch * view.n(); row < (batch + 1) * view.n(); row++) {
          for (int j = 0; j < view.k(); j++) {
            int at = row * view.k() + j;
            shift[row] += (before[at] - after[at]) * mean[j];
          }
        }
      }
      weights.put(reader.weight(), after);
      if (Biases.possible(graph.network().graph(), reader.weight())) {
        shifts.put(reader.weight(), shift);
      }
    }
    return new Probe(removed, weights, shifts);
  }

  private static Moments moments(Map<String, Moments> moments, Weight weight) {
    return Objects.requireNonNull(moments.get(weight.name()));
  }

  private static void requireAll(
      List<Weight> weights, Map<String, Moments> moments, CompressionContext context) {
    List<Problem> problems = new ArrayList<>();
    for (Weight weight : weights) {
      if (!moments.containsKey(weight.name())) {
        problems.add(
            new Problem(
                "the inputs of a product can't be observed within " + context.maxBytes() + " bytes",
                weight.node().toString(),
                "its second moment is a matrix of " + weight.view().k() + " inputs squared",
                "raise --max-memory, or --exclude the nodes that make its channels"));
      }
    }
    if (!problems.isEmpty()) {
      throw new UsageException(problems);
    }
  }

  private static void add(
      Elimination elimination, Reader reader, ChannelGroup group, Moments moments, boolean biased) {
    WeightView view = reader.weight().view();
    int k = view.k();
    int[][] inputs = new int[group.channels().size()][];
    for (int c = 0; c < inputs.length; c++) {
      inputs[c] = inputs(group.channels().get(c), reader, view);
    }
    double[] weights = WeightMatrix.of(reader.weight());
    for (int batch = 0; batch < view.batches(); batch++) {
      int first = batch * view.n() * k;
      elimination.add(
          k,
          Arrays.copyOfRange(weights, first, first + view.n() * k),
          biased ? moments.covariance(batch) : moments.second(batch),
          inputs);
    }
  }

  private static int[] inputs(Channel channel, Reader reader, WeightView view) {
    List<Integer> inputs = new ArrayList<>();
    for (int index : channel.of(reader.axis())) {
      IntStream.range(0, view.taps()).forEach(tap -> inputs.add(tap * view.channels() + index));
    }
    return inputs.stream().mapToInt(Integer::intValue).toArray();
  }
}
