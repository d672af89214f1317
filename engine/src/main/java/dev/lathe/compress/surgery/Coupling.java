package dev.lathe.compress.surgery;

import dev.lathe.compress.weights.Weight;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.SubGraphs;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Joins the channels of a graph, node by node. */
final class Coupling {

  private final Network network;
  private final Facts facts;
  private final Map<String, Shape> shapes = new LinkedHashMap<>();
  private final Slots slots;
  private final List<Filters> filters = new ArrayList<>();
  private final List<Reader> readers = new ArrayList<>();
  private final List<MacCount.Product> products = new ArrayList<>();
  private final List<ChannelGroup> groups;
  private final List<String> kept = new ArrayList<>();

  private Coupling(Network network, Facts facts, Set<String> whole) {
    this.network = network;
    this.facts = facts;
    Graph graph = network.graph();
    graph.constants().keySet().forEach(this::register);
    graph.inputs().forEach(input -> register(input.name()));
    graph.nodes().forEach(node -> node.outputs().forEach(this::register));
    slots = new Slots(shapes);
    for (ValueInfo input : graph.inputs()) {
      freeze(input.name(), "its channels are those of input '" + input.name() + "'");
    }
    for (Node node : graph.nodes()) {
      link(node, whole.contains(node.name()));
    }
    for (ValueInfo output : graph.outputs()) {
      freeze(output.name(), "its channels are those of output '" + output.name() + "'");
    }
    groups = collect();
    explain();
  }

  /**
   * Analyses a network.
   *
   * @param whole names of nodes that keep all they touch
   */
  static Coupling of(Network network, Facts facts, Set<String> whole) {
    return new Coupling(network, facts, whole);
  }

  List<ChannelGroup> groups() {
    return groups;
  }

  List<String> kept() {
    return kept;
  }

  List<Filters> filters() {
    return filters;
  }

  /** Each weight once, however many nodes read it. */
  List<Reader> readers() {
    Map<String, Reader> byWeight = new LinkedHashMap<>();
    readers.forEach(reader -> byWeight.putIfAbsent(reader.weight().name(), reader));
    return List.copyOf(byWeight.values());
  }

  List<MacCount.Product> products() {
    return products;
  }

  Map<String, Shape> shapes() {
    return shapes;
  }

  /** Extents of the dimensions that multiply-accumulates are proportional to. */
  Map<Axis, Integer> extents() {
    Map<Axis, Integer> extents = new HashMap<>();
    for (MacCount.Product product : products) {
      for (Axis axis : product.factors()) {
        Shape shape = Objects.requireNonNull(shapes.get(axis.value()));
        extents.put(axis, shape.intDim(axis.dimension()));
      }
    }
    return extents;
  }

  private void register(String value) {
    TensorFact fact = value.isEmpty() ? null : facts.find(value);
    if (fact != null) {
      shapes.put(value, fact.shape());
    }
  }

  private void freeze(String value, String why) {
    Shape shape = shapes.get(value);
    for (int i = 0; shape != null && i < shape.rank(); i++) {
      slots.forEach(new Axis(value, i), slot -> slots.freeze(slot, why));
    }
  }

  private void link(Node node, boolean whole) {
    if (isArithmeticOfShapes(node)) {
      for (String input : node.inputs()) {
        if (network.graph().isConstant(input)) {
          freeze(input, "it is an operand of " + node.name());
        }
      }
      return;
    }
    ChannelRule rule = ChannelRules.of(node);
    boolean known =
        shapes.containsKey(node.output(0))
            && node.inputs().stream().allMatch(in -> in.isEmpty() || shapes.containsKey(in));
    if (rule == null || !known || whole || !SubGraphs.of(node).isEmpty()) {
      String why =
          "its channels reach "
              + node.name()
              + " ("
              + node.qualifiedOp()
              + "), "
              + (!known
                  ? "whose shapes are not known"
                  : whole ? "whose shapes are computed" : "which surgery does not know");
      SubGraphs.uses(node).forEach(value -> freeze(value, why));
      node.outputs().forEach(value -> freeze(value, why));
      return;
    }
    long opset = network.opset();
    Links links = new Links(node, opset, facts, slots, filters, readers, products);
    rule.link(links);
    links.freezeRest(
        "its channels reach "
            + node.name()
            + " ("
            + node.opType()
            + "), which takes them together");
  }

  /** Whether a node's outputs are known integers: inference follows those by itself. */
  private boolean isArithmeticOfShapes(Node node) {
    return node.outputs().stream()
        .filter(output -> !output.isEmpty())
        .map(facts::find)
        .allMatch(fact -> fact != null && fact.isConstant() && !Weight.isFloat(fact.dtype()));
  }

  /** Sets that hold a filter and are not frozen, by the dimensions they touch. */
  private List<ChannelGroup> collect() {
    Set<Integer> roots = new HashSet<>();
    for (Filters one : filters) {
      slots.forEach(
          one.axis(),
          slot -> {
            if (slots.frozen(slot) == null) {
              roots.add(slots.root(slot));
            }
          });
    }
    Map<Integer, Map<Axis, int[]>> members = new LinkedHashMap<>();
    slots.forEach(
        (axis, index, slot) -> {
          int root = slots.root(slot);
          if (roots.contains(root)) {
            members
                .computeIfAbsent(root, none -> new LinkedHashMap<>())
                .merge(axis, new int[] {index}, Coupling::append);
          }
        });
    Map<Set<Axis>, List<Channel>> byAxes = new LinkedHashMap<>();
    for (Map<Axis, int[]> indices : members.values()) {
      byAxes.computeIfAbsent(indices.keySet(), none -> new ArrayList<>()).add(new Channel(indices));
    }
    List<ChannelGroup> result = new ArrayList<>();
    byAxes.forEach(
        (axes, channels) ->
            result.add(
                new ChannelGroup(
                    filters.stream().filter(one -> axes.contains(one.axis())).toList(), channels)));
    result.sort(
        java.util.Comparator.comparingInt(group -> filters.indexOf(group.filters().getFirst())));
    return List.copyOf(result);
  }

  private static int[] append(int[] indices, int[] one) {
    int[] longer = Arrays.copyOf(indices, indices.length + 1);
    longer[indices.length] = one[0];
    return longer;
  }

  private void explain() {
    for (Filters one : filters) {
      int first = slots.slot(one.axis(), 0);
      boolean[] free = {false};
      slots.forEach(one.axis(), slot -> free[0] |= slots.frozen(slot) == null);
      if (!free[0]) {
        kept.add(one.node().name() + ": " + slots.frozen(first));
      }
    }
  }
}
