package dev.lathe.compress.recover;

import dev.lathe.compress.SampleBatch;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.compress.calibrate.NetworkActivations;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.SubGraphs;
import dev.lathe.graph.ValueInfo;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the first nodes of a network made of the samples, kept so that passes start behind them. The
 * nodes before the cut must not change any more. Where the values at a cut take more than the
 * memory allowed, are no floats, or are not one row per sample, the last cut that could be kept
 * stays, and passes compute again from there.
 */
final class CarriedSamples {

  private final Samples given;
  private final RunOptions options;
  private final long maxBytes;
  private int cut;
  private List<ValueInfo> inputs = List.of();
  private Deque<SampleBatch> kept = new ArrayDeque<>();

  CarriedSamples(Samples given, RunOptions options, long maxBytes) {
    this.given = given;
    this.options = options;
    this.maxBytes = maxBytes;
  }

  /** The network from the cut on. */
  Network rest(Network network) {
    if (cut == 0) {
      return network;
    }
    Graph graph = network.graph();
    return network.withGraph(
        new Graph(
            graph.name(),
            inputs,
            graph.outputs(),
            graph.constants(),
            graph.nodes().subList(cut, graph.nodes().size()),
            graph.valueInfos(),
            graph.opaque()));
  }

  /** Starts a pass over the inputs of {@link #rest}. */
  SamplePass open(Network network) {
    return cut == 0 ? given.open(network.graph().inputs()) : pass(kept.iterator());
  }

  private static SamplePass pass(Iterator<SampleBatch> batches) {
    return new SamplePass() {
      @Override
      public @Nullable SampleBatch next() {
        return batches.hasNext() ? batches.next() : null;
      }

      @Override
      public void close() {}
    };
  }

  /** Whether passes still start at the samples themselves. */
  boolean atStart() {
    return cut == 0;
  }

  /** Moves the cut to the first node that reads one of some constants. */
  void advance(Network network, Set<String> constants) {
    List<Node> nodes = network.graph().nodes();
    int to = cut;
    while (to < nodes.size() && nodes.get(to).inputs().stream().noneMatch(constants::contains)) {
      to++;
    }
    Set<String> live = live(network, to);
    if (to == cut || to == nodes.size() || live.isEmpty()) {
      return;
    }
    Network rest = rest(network);
    Network part = InputMoments.upTo(rest, live);
    Deque<SampleBatch> made = new ArrayDeque<>();
    List<ValueInfo> infos = List.of();
    try (NetworkActivations source = NetworkActivations.of(part, live, options);
        SamplePass pass = cut == 0 ? open(network) : pass(consumed(kept))) {
      for (SampleBatch batch = pass.next(); batch != null; batch = pass.next()) {
        Map<String, Tensor> values = new HashMap<>();
        source.run(batch.inputs(), values::put);
        if (made.isEmpty() && !fits(values, live, batch)) {
          if (cut > 0) {
            kept.addFirst(batch);
          }
          return;
        }
        List<Tensor> copies = new ArrayList<>();
        live.forEach(name -> copies.add(copy(values, name)));
        infos = infos.isEmpty() ? infos(live, copies) : infos;
        made.add(new SampleBatch(copies, batch.count()));
      }
    }
    cut = to;
    inputs = infos;
    kept = made;
  }

  /** Batches that are let go as they are read. */
  private static Iterator<SampleBatch> consumed(Deque<SampleBatch> batches) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return !batches.isEmpty();
      }

      @Override
      public SampleBatch next() {
        return batches.removeFirst();
      }
    };
  }

  /** What the nodes before a place made, or the samples hold, and those from it on read. */
  private Set<String> live(Network network, int from) {
    Graph graph = network.graph();
    Set<String> made = new LinkedHashSet<>();
    (cut == 0 ? graph.inputs() : inputs).forEach(input -> made.add(input.name()));
    graph.nodes().subList(cut, from).forEach(node -> made.addAll(node.outputs()));
    made.removeAll(graph.constants().keySet());
    Set<String> read = new LinkedHashSet<>();
    graph
        .nodes()
        .subList(from, graph.nodes().size())
        .forEach(node -> read.addAll(SubGraphs.uses(node)));
    made.retainAll(read);
    made.remove("");
    return made;
  }

  private boolean fits(Map<String, Tensor> values, Set<String> live, SampleBatch batch) {
    long bytes = 0;
    for (String name : live) {
      Tensor value = values.get(name);
      if (value == null
          || value.dtype() != DType.FLOAT32
          || value.shape().rank() == 0
          || value.shape().dim(0) != batch.rows()) {
        return false;
      }
      bytes += value.data().byteSize();
    }
    OptionalLong samples = given.count();
    return samples.isPresent() && (double) bytes * samples.getAsLong() / batch.count() <= maxBytes;
  }

  private static Tensor copy(Map<String, Tensor> values, String name) {
    Tensor value = Objects.requireNonNull(values.get(name));
    Tensor copy = Tensor.zeros(value.dtype(), value.shape());
    copy.data().copyFrom(value.data());
    return copy;
  }

  private static List<ValueInfo> infos(Set<String> names, List<Tensor> values) {
    List<ValueInfo> infos = new ArrayList<>();
    for (String name : names) {
      Tensor value = values.get(infos.size());
      List<Dim> dims = new ArrayList<>();
      for (long dim : value.shape().dims()) {
        dims.add(dims.isEmpty() ? new Dim.Symbol("samples") : new Dim.Fixed(dim));
      }
      infos.add(new ValueInfo(name, value.dtype(), dims, null));
    }
    return infos;
  }
}
