package dev.lathe.compress.recover;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Progress;
import dev.lathe.compress.SampleBatch;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.compress.calibrate.NetworkActivations;
import dev.lathe.compress.weights.Weight;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.parallel.Workers;
import dev.lathe.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Observes the inputs of products.
 *
 * <p>Of every sample at most so many output positions are taken that about {@code 32 k} vectors
 * come together, and 8,192 at least; they are spread over the sample evenly, each at a random place
 * of its part that depends on the weight's name and the number of the sample alone.
 *
 * <p>Memory: {@code 8 k^2} bytes per matrix of a weight, twice that with drift. Weights are taken
 * in groups that fit the context's limit, with a pass over the samples for each.
 */
public final class InputMoments {

  private static final long ROWS_PER_INPUT = 32;
  private static final long LEAST_ROWS = 8192;

  /** Taken for the number of samples when it is not known. */
  private static final long USUAL_SAMPLES = 128;

  private final Network now;
  private final @Nullable Network before;
  private final CompressionContext context;
  private final Samples samples;

  private InputMoments(
      Network now, @Nullable Network before, CompressionContext context, Samples samples) {
    this.now = now;
    this.before = before;
    this.context = context;
    this.samples = samples;
  }

  /**
   * Moments of the inputs of weights, by the weight's name; of a weight that several products read,
   * all of them together. A weight is missing when its moments would take more memory than the
   * context allows, or its product broadcasts.
   *
   * @param method that needs the samples, for the message when there are none
   */
  public static Map<String, Moments> of(
      Network network, List<Weight> weights, CompressionContext context, String method) {
    return new InputMoments(network, null, context, context.requireSamples(method)).run(weights);
  }

  /**
   * The same with the drift of the inputs.
   *
   * @param now the network with weights changed
   * @param before the network as it was, with the same names
   */
  static Map<String, Moments> withDrift(
      Network now,
      Network before,
      List<Weight> weights,
      CompressionContext context,
      String method) {
    return new InputMoments(now, before, context, context.requireSamples(method)).run(weights);
  }

  private Map<String, Moments> run(List<Weight> weights) {
    Map<String, Moments> result = new LinkedHashMap<>();
    List<Weight> group = new ArrayList<>();
    long bytes = 0;
    for (Weight weight : weights) {
      long needed = Moments.bytes(weight.view(), before != null);
      if (needed > context.maxBytes()) {
        continue;
      }
      if (bytes + needed > context.maxBytes()) {
        result.putAll(pass(group));
        group.clear();
        bytes = 0;
      }
      group.add(weight);
      bytes += needed;
    }
    if (!group.isEmpty()) {
      result.putAll(pass(group));
    }
    return result;
  }

  /** One product of a weight under observation. */
  private record Reader(Node node, Weight weight, String input) {}

  private Map<String, Moments> pass(List<Weight> weights) {
    List<Reader> readers = new ArrayList<>();
    Map<String, Moments> moments = new LinkedHashMap<>();
    for (Weight weight : weights) {
      moments.put(weight.name(), new Moments(weight.view(), before != null));
      for (Node node : now.graph().nodes()) {
        if (node.inputs().contains(weight.name())) {
          boolean left = !node.input(1).equals(weight.name());
          readers.add(new Reader(node, weight, node.input(left ? 1 : 0)));
        }
      }
    }
    Set<String> inputs = new LinkedHashSet<>();
    readers.forEach(reader -> inputs.add(reader.input));
    OptionalLong total = samples.count();
    long start = System.nanoTime();
    long done = 0;
    try (Workers workers = new Workers(context.runOptions().threads());
        NetworkActivations source =
            NetworkActivations.of(upTo(now, inputs), inputs, context.runOptions());
        NetworkActivations reference =
            before == null
                ? null
                : NetworkActivations.of(upTo(before, inputs), inputs, context.runOptions());
        SamplePass pass = samples.open(now.graph().inputs())) {
      for (SampleBatch batch = pass.next(); batch != null; batch = pass.next()) {
        Map<String, Tensor> values = new HashMap<>();
        Map<String, Tensor> references = new HashMap<>();
        source.run(batch.inputs(), values::put);
        if (reference != null) {
          reference.run(batch.inputs(), references::put);
        }
        for (Reader reader : readers) {
          Moments into = moments.get(reader.weight.name());
          if (into != null && !add(reader, into, values, references, batch, done, workers)) {
            moments.remove(reader.weight.name());
          }
        }
        done += batch.count();
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        context.progress().update(new Progress.State("observe inputs", done, total, elapsed));
      }
    }
    moments.values().forEach(Moments::finish);
    return moments;
  }

  /** The network as far as values need it: its own outputs do not matter here. */
  private static Network upTo(Network network, Set<String> values) {
    Graph graph = network.graph();
    return values.stream().allMatch(graph::isInput)
        ? network
        : network.withGraph(
            new Graph(
                graph.name(),
                graph.inputs(),
                List.of(),
                graph.constants(),
                graph.nodes(),
                graph.valueInfos(),
                graph.opaque()));
  }

  private boolean add(
      Reader reader,
      Moments into,
      Map<String, Tensor> values,
      Map<String, Tensor> references,
      SampleBatch batch,
      long firstSample,
      Workers workers) {
    Tensor value = values.get(reader.input);
    InputRows rows = value == null ? null : InputRows.of(reader.node, reader.weight, value);
    if (rows == null) {
      return false;
    }
    Tensor old = references.get(reader.input);
    InputRows oldRows = old == null ? null : InputRows.of(reader.node, reader.weight, old);
    long most = Math.max(LEAST_ROWS, ROWS_PER_INPUT * into.k());
    long perSample = Math.ceilDiv(most, Math.max(1, samples.count().orElse(USUAL_SAMPLES)));
    long[] chosen =
        new RowChoice(reader.weight.name(), perSample)
            .of(rows.count(), batch.rows(), batch.count(), firstSample);
    int k = into.k();
    float[] chunk = new float[Moments.CHUNK * k];
    float[] oldChunk = oldRows == null ? null : new float[Moments.CHUNK * k];
    for (int from = 0; from < chosen.length; from += Moments.CHUNK) {
      int count = Math.min(Moments.CHUNK, chosen.length - from);
      for (int matrix = 0; matrix < reader.weight.view().batches(); matrix++) {
        read(rows, chosen, from, count, matrix, k, chunk);
        if (oldRows != null && oldChunk != null) {
          read(oldRows, chosen, from, count, matrix, k, oldChunk);
        }
        into.add(matrix, count, chunk, oldChunk, workers);
      }
    }
    return true;
  }

  private static void read(
      InputRows rows, long[] chosen, int from, int count, int matrix, int k, float[] into) {
    for (int r = 0; r < count; r++) {
      rows.moveTo(chosen[from + r]);
      rows.read(matrix, into, r * k);
    }
  }
}
