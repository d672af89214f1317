package dev.lathe.compress.recover;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Progress;
import dev.lathe.compress.SampleBatch;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.compress.calibrate.NetworkActivations;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
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
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Observes the inputs of products.
 *
 * <p>Of every sample at most so many output positions are taken that about {@code 16 k} vectors
 * come together, and 8,192 at least; they are spread over the sample evenly, each at a random place
 * of its part that depends on the weight's name and the number of the sample alone.
 *
 * <p>Memory: {@code 8 k^2} bytes per matrix of a weight, {@code 8 n k} more with drift. Weights are
 * taken in groups that fit the context's limit, with a pass over the samples for each.
 */
public final class InputMoments {

  private static final long ROWS_PER_INPUT = 16;
  private static final long LEAST_ROWS = 8192;

  /** Taken for the number of samples when it is not known. */
  private static final long USUAL_SAMPLES = 128;

  private final Network now;
  private final @Nullable Network before;
  private final CarriedSamples samples;
  private final CarriedSamples beforeSamples;
  private final CompressionContext context;
  private final OptionalLong count;

  /** Observes a network, without drift. */
  private InputMoments(Network network, CompressionContext context, Samples samples) {
    this(network, carried(samples, context), null, carried(samples, context), context, samples);
  }

  /**
   * Observes a network.
   *
   * @param now the network with weights changed, or as it was
   * @param samples for it
   * @param before the network as it was, with the same names, when the drift is asked for
   * @param beforeSamples for that
   * @param given what both are made of
   */
  InputMoments(
      Network now,
      CarriedSamples samples,
      @Nullable Network before,
      CarriedSamples beforeSamples,
      CompressionContext context,
      Samples given) {
    this.now = samples.rest(now);
    this.samples = samples;
    this.before = before == null ? null : beforeSamples.rest(before);
    this.beforeSamples = beforeSamples;
    this.context = context;
    this.count = given.count();
  }

  private static CarriedSamples carried(Samples samples, CompressionContext context) {
    return new CarriedSamples(samples, context.runOptions(), 0);
  }

  /**
   * Moments of the inputs of weights, by the weight's name; of a weight that several products read,
   * all of them together. A weight is missing when its moments would take more memory than the
   * context allows, or its product broadcasts. All others are held at the same time.
   *
   * @param method that needs the samples, for the message when there are none
   */
  public static Map<String, Moments> of(
      Network network, List<Weight> weights, CompressionContext context, String method) {
    Map<String, Moments> result = new LinkedHashMap<>();
    forEach(network, weights, context, method, (weight, own) -> result.put(weight.name(), own));
    return result;
  }

  /** Hands over the same, holding no more at a time than the context's memory takes. */
  public static void forEach(
      Network network,
      List<Weight> weights,
      CompressionContext context,
      String method,
      BiConsumer<Weight, Moments> consumer) {
    InputMoments observed = new InputMoments(network, context, context.requireSamples(method));
    for (List<Weight> group : observed.groups(weights)) {
      Map<String, Moments> moments = observed.pass(group);
      for (Weight weight : group) {
        Moments own = moments.remove(weight.name());
        if (own != null) {
          consumer.accept(weight, own);
        }
      }
    }
  }

  /** Whether the moments of one weight fit the context's memory. */
  boolean fits(Weight weight) {
    return Moments.bytes(weight.view(), before != null) <= context.maxBytes();
  }

  /**
   * Neighbors whose moments fit the memory together; weights that do not fit alone are left out.
   */
  private List<List<Weight>> groups(List<Weight> weights) {
    List<List<Weight>> groups = new ArrayList<>();
    long bytes = Long.MAX_VALUE / 2;
    for (Weight weight : weights) {
      if (!fits(weight)) {
        continue;
      }
      long needed = Moments.bytes(weight.view(), before != null);
      if (bytes + needed > context.maxBytes()) {
        groups.add(new ArrayList<>());
        bytes = 0;
      }
      groups.getLast().add(weight);
      bytes += needed;
    }
    return groups;
  }

  /** One product of a weight under observation. */
  private record Reader(Node node, Weight weight, String input) {}

  /** One pass over the samples. */
  Map<String, Moments> pass(List<Weight> weights) {
    List<Reader> readers = new ArrayList<>();
    Map<String, Moments> moments = new LinkedHashMap<>();
    for (Weight weight : weights) {
      moments.put(
          weight.name(),
          new Moments(weight.view(), before == null ? null : WeightMatrix.of(weight)));
      for (Node node : now.graph().nodes()) {
        if (node.inputs().contains(weight.name())) {
          boolean left = !node.input(1).equals(weight.name());
          readers.add(new Reader(node, weight, node.input(left ? 1 : 0)));
        }
      }
    }
    Set<String> inputs = new LinkedHashSet<>();
    readers.forEach(reader -> inputs.add(reader.input));
    long start = System.nanoTime();
    long done = 0;
    try (Workers workers = new Workers(context.runOptions().threads());
        Source source = new Source(now, inputs, context);
        Source reference = before == null ? null : new Source(before, inputs, context);
        SamplePass pass = samples.open(now);
        SamplePass beforePass =
            before == null || (samples.atStart() && beforeSamples.atStart())
                ? null
                : beforeSamples.open(before)) {
      for (SampleBatch batch = pass.next(); batch != null; batch = pass.next()) {
        SampleBatch old = beforePass == null ? batch : beforePass.next();
        Map<String, Tensor> values = source.of(batch);
        Map<String, Tensor> references =
            reference == null || old == null ? Map.of() : reference.of(old);
        for (Reader reader : readers) {
          Moments into = moments.get(reader.weight.name());
          if (into != null && !add(reader, into, values, references, batch, done, workers)) {
            moments.remove(reader.weight.name());
          }
        }
        done += batch.count();
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        context.progress().update(new Progress.State("observe inputs", done, count, elapsed));
      }
    }
    moments.values().forEach(Moments::finish);
    return moments;
  }

  /** Runs a network as far as some values need it; not at all when they are its inputs. */
  private static final class Source implements AutoCloseable {
    private final Network network;
    private final @Nullable NetworkActivations activations;

    Source(Network network, Set<String> values, CompressionContext context) {
      this.network = network;
      this.activations =
          values.stream().allMatch(network.graph()::isInput)
              ? null
              : NetworkActivations.of(upTo(network, values), values, context.runOptions());
    }

    Map<String, Tensor> of(SampleBatch batch) {
      Map<String, Tensor> values = new HashMap<>();
      if (activations == null) {
        for (int i = 0; i < batch.inputs().size(); i++) {
          values.put(network.graph().inputs().get(i).name(), batch.inputs().get(i));
        }
      } else {
        activations.run(batch.inputs(), values::put);
      }
      return values;
    }

    @Override
    public void close() {
      if (activations != null) {
        activations.close();
      }
    }
  }

  /** The network as far as values need it: its own outputs do not matter here. */
  static Network upTo(Network network, Set<String> values) {
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
    long perSample = Math.ceilDiv(most, Math.max(1, count.orElse(USUAL_SAMPLES)));
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
