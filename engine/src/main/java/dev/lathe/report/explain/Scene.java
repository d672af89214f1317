package dev.lathe.report.explain;

import dev.lathe.cpu.Isa;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.plan.Facts;
import dev.lathe.report.bench.Roofline;
import dev.lathe.runtime.RunOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All that causes may look at: the lowered graph, its measured layers and the machine. */
final class Scene {

  private final Graph graph;
  private final Map<String, Long> opsets;
  private final Facts facts;
  private final List<Layer> layers;
  private final Roofline roofline;
  private final RunOptions options;
  private final Set<Isa> tiers;
  private final Map<String, SparseForecast> forecasts;
  private final Map<String, Node> producers = new HashMap<>();
  private final Map<String, List<Node>> consumers = new HashMap<>();
  private final Map<String, Layer> byName = new HashMap<>();

  /**
   * @param graph as the plan lowered it
   * @param opsets that its nodes follow
   * @param tiers that this process has
   * @param forecasts of the plan, by name of the node
   */
  Scene(
      Graph graph,
      Map<String, Long> opsets,
      Facts facts,
      List<Layer> layers,
      Roofline roofline,
      RunOptions options,
      Set<Isa> tiers,
      Map<String, SparseForecast> forecasts) {
    this.graph = graph;
    this.forecasts = Map.copyOf(forecasts);
    this.opsets = Map.copyOf(opsets);
    this.facts = facts;
    this.layers = List.copyOf(layers);
    this.roofline = roofline;
    this.options = options;
    this.tiers = Set.copyOf(tiers);
    for (Node node : graph.nodes()) {
      node.outputs().forEach(value -> producers.put(value, node));
      node.inputs()
          .forEach(value -> consumers.computeIfAbsent(value, key -> new ArrayList<>()).add(node));
    }
    layers.forEach(layer -> byName.put(layer.name(), layer));
  }

  Graph graph() {
    return graph;
  }

  Map<String, Long> opsets() {
    return opsets;
  }

  List<Layer> layers() {
    return layers;
  }

  Roofline roofline() {
    return roofline;
  }

  RunOptions options() {
    return options;
  }

  /** What was predicted of a layer on sparse kernels; null where none can run it. */
  @Nullable SparseForecast forecast(Layer layer) {
    return forecasts.get(layer.name());
  }

  boolean hasTier(Isa isa) {
    return tiers.contains(isa);
  }

  @Nullable TensorFact fact(String value) {
    return facts.find(value);
  }

  /** The node that computes a value; null for inputs and constants. */
  @Nullable Node producer(String value) {
    return producers.get(value);
  }

  List<Node> consumers(String value) {
    return consumers.getOrDefault(value, List.of());
  }

  /** The measured layer of a node; null when it has no steps. */
  @Nullable Layer layer(Node node) {
    return byName.get(node.name());
  }

  double micros(Node node) {
    Layer layer = layer(node);
    return layer == null ? 0 : layer.micros();
  }

  /** A value of the graph with its type and shape. */
  ValueInfo declared(String value) {
    TensorFact fact = facts.get(value);
    List<Dim> dims = new ArrayList<>();
    for (int axis = 0; axis < fact.shape().rank(); axis++) {
      dims.add(new Dim.Fixed(fact.shape().dim(axis)));
    }
    return new ValueInfo(value, fact.dtype(), dims, null);
  }

  /** A layer as it is, by itself. */
  Variant alone(Layer layer) {
    Work work = layer.work();
    return work != null && layer.node().domain().equals(Node.LATHE_DOMAIN)
        ? Variant.of(work, options)
        : new Variant("node " + layer.name(), () -> Alone.of(List.of(layer.node()), this), options);
  }
}
