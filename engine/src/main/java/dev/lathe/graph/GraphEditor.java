package dev.lathe.graph;

import dev.lathe.error.InternalException;
import dev.lathe.error.Problem;
import dev.lathe.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A working copy of a graph for passes. Nodes are told apart by identity: an edit that changes a
 * node puts a new {@link Node} in its place, and the old one is no longer part of the editor
 * ({@link #contains}); {@link #node} finds the current one by name. All edits take time
 * proportional to the nodes they touch. Not thread-safe.
 */
public final class GraphEditor {

  private final Graph origin;
  private final Map<String, Tensor> constants;
  private final Set<String> outputs = new HashSet<>();
  private final NodeList nodes = new NodeList();
  private final Map<String, Node> producers = new HashMap<>();
  private final Map<String, List<Node>> consumers = new HashMap<>();
  private final Map<String, Node> byName = new HashMap<>();
  private final Set<String> names = new HashSet<>();
  private final Map<String, Integer> numbers = new HashMap<>();

  private GraphEditor(Graph graph) {
    origin = graph;
    constants = new LinkedHashMap<>(graph.constants());
    graph.outputs().forEach(output -> outputs.add(output.name()));
    SubGraphs.collectNames(graph, names);
    graph.nodes().forEach(node -> link(node, null));
  }

  /** An editor of a copy of {@code graph}. */
  public static GraphEditor of(Graph graph) {
    return new GraphEditor(graph);
  }

  /** The nodes as they are now; a snapshot, so it may be iterated while editing. */
  public List<Node> nodes() {
    return nodes.toList();
  }

  /** Whether {@code node}, this very instance, is part of the graph now. */
  public boolean contains(Node node) {
    return nodes.contains(node);
  }

  /** The current node of that name, or null. */
  public @Nullable Node node(String name) {
    return byName.get(name);
  }

  /** The node that produces {@code value}; null for graph inputs, constants and unknown names. */
  public @Nullable Node producer(String value) {
    return producers.get(value);
  }

  /** Nodes that read {@code value}, directly or from a sub-graph, each once. */
  public List<Node> consumers(String value) {
    return List.copyOf(consumers.getOrDefault(value, List.of()));
  }

  /**
   * The only reader of {@code value}; null when there are none, several, or when it is a graph
   * output.
   */
  public @Nullable Node onlyConsumer(String value) {
    List<Node> readers = consumers(value);
    return readers.size() == 1 && !isOutput(value) ? readers.getFirst() : null;
  }

  /** The constant of that name, or null. */
  public @Nullable Tensor constant(String value) {
    return constants.get(value);
  }

  public boolean isOutput(String value) {
    return outputs.contains(value);
  }

  public boolean isInput(String value) {
    return origin.isInput(value);
  }

  /** Adds nodes at the end. */
  public void add(Node... added) {
    for (Node node : added) {
      link(node, null);
    }
  }

  public void insertBefore(Node anchor, Node... added) {
    for (Node node : added) {
      link(node, anchor);
    }
  }

  public void insertAfter(Node anchor, Node... added) {
    Node next = nodes.after(anchor);
    for (Node node : added) {
      link(node, next);
    }
  }

  /** Puts {@code with} in the place of {@code old}; consumers are not rewired. */
  public void replace(Node old, Node... with) {
    Node next = nodes.after(old);
    unlink(old);
    for (Node node : with) {
      link(node, next);
    }
  }

  /** Takes a node out; values it produced are undefined until something else produces them. */
  public void remove(Node node) {
    unlink(node);
  }

  /**
   * As {@link #replaceUses(String, String, Predicate)}; the producer of {@code to} keeps reading
   * {@code from}.
   */
  public String replaceUses(String from, String to) {
    Node keeper = producers.get(to);
    return replaceUses(from, to, node -> keeper == null || !isSame(node, keeper));
  }

  /**
   * Makes the readers of {@code from} that {@code affected} accepts, and the graph output of that
   * name, read {@code to}. A graph output keeps its name: the value is then produced under the name
   * {@code from}, by the producer of {@code to} if that can be renamed and by an Identity
   * otherwise, and what was {@code from} gets a fresh name. Only an output that is a graph input at
   * the same time stays what it is.
   *
   * @return the name that now carries the value of {@code to}
   */
  public String replaceUses(String from, String to, Predicate<Node> affected) {
    if (from.equals(to)) {
      return to;
    }
    List<Node> keepers = new ArrayList<>();
    for (Node reader : consumers(from)) {
      if (affected.test(reader)) {
        substitute(reader, SubGraphs.renameUses(reader, from, to));
      } else {
        keepers.add(reader);
      }
    }
    if (!isOutput(from) || isInput(from)) {
      return to;
    }
    freeName(from, keepers);
    Node producer = producers.get(to);
    if (producer == null || isOutput(to)) {
      add(
          Node.of(
              freshName(from + "_identity"), "", "Identity", List.of(to), List.of(from), Map.of()));
      return to;
    }
    substitute(producer, renameOutput(producer, to, from));
    for (Node reader : consumers(to)) {
      substitute(reader, SubGraphs.renameUses(reader, to, from));
    }
    return from;
  }

  /**
   * Adds a constant.
   *
   * @return its name: {@code baseName}, or that with a number when taken
   */
  public String addConstant(String baseName, Tensor value) {
    String name = freshName(baseName);
    constants.put(name, value);
    return name;
  }

  /** Replaces the contents of an existing constant for all its readers. */
  public void setConstant(String name, Tensor value) {
    if (constants.replace(name, value) == null) {
      throw misuse("no constant '" + name + "' to replace", name);
    }
  }

  /**
   * A name no value and no node has, here or in a sub-graph: {@code base}, or that with a number.
   * It is reserved by this call.
   */
  public String freshName(String base) {
    String name = base;
    while (!names.add(name)) {
      name = base + "_" + numbers.merge(base, 1, Integer::sum);
    }
    return name;
  }

  /**
   * The edited graph: sorted, without nodes that no output depends on and without constants that
   * nothing reads.
   *
   * @throws InternalException when the edits made a cycle
   */
  public Graph toGraph() {
    TopologicalOrder order = TopologicalOrder.of(liveNodes());
    if (!order.cycle().isEmpty()) {
      throw misuse("the pass made a cycle", order.cycle().getFirst().toString());
    }
    Set<String> used = new HashSet<>(outputs);
    Set<String> known = new HashSet<>();
    for (Node node : order.nodes()) {
      used.addAll(SubGraphs.uses(node));
      known.addAll(node.outputs());
    }
    Map<String, Tensor> usedConstants = new LinkedHashMap<>(constants);
    usedConstants.keySet().retainAll(used);
    Map<String, ValueInfo> valueInfos = new LinkedHashMap<>(origin.valueInfos());
    valueInfos
        .keySet()
        .removeIf(name -> !known.contains(name) && !origin.isInput(name) && !used.contains(name));
    return new Graph(
        origin.name(),
        origin.inputs(),
        origin.outputs(),
        usedConstants,
        order.nodes(),
        valueInfos,
        origin.opaque());
  }

  private List<Node> liveNodes() {
    Set<String> needed = new HashSet<>(outputs);
    Deque<String> open = new ArrayDeque<>(outputs);
    while (!open.isEmpty()) {
      Node producer = producers.get(open.removeLast());
      if (producer != null) {
        for (String use : SubGraphs.uses(producer)) {
          if (needed.add(use)) {
            open.addLast(use);
          }
        }
      }
    }
    return nodes().stream()
        .filter(node -> node.outputs().stream().anyMatch(needed::contains))
        .toList();
  }

  /** Moves what is produced as {@code name}, and the readers that keep to it, to a fresh name. */
  private void freeName(String name, List<Node> readers) {
    String fresh = freshName(name);
    Node producer = producers.get(name);
    if (producer != null) {
      substitute(producer, renameOutput(producer, name, fresh));
    }
    Tensor constant = constants.remove(name);
    if (constant != null) {
      constants.put(fresh, constant);
    }
    readers.forEach(reader -> substitute(reader, SubGraphs.renameUses(reader, name, fresh)));
  }

  private static Node renameOutput(Node node, String from, String to) {
    return node.withOutputs(
        node.outputs().stream().map(output -> output.equals(from) ? to : output).toList());
  }

  private void substitute(Node old, Node changed) {
    Node next = nodes.after(old);
    unlink(old);
    link(changed, next);
  }

  private void link(Node node, @Nullable Node next) {
    nodes.insert(node, next);
    names.add(node.name());
    byName.put(node.name(), node);
    for (String output : node.outputs()) {
      names.add(output);
      if (!output.isEmpty()) {
        producers.put(output, node);
      }
    }
    for (String use : SubGraphs.uses(node)) {
      consumers.computeIfAbsent(use, name -> new ArrayList<>()).add(node);
    }
  }

  private void unlink(Node node) {
    nodes.remove(node);
    forget(byName, node.name(), node);
    node.outputs().forEach(output -> forget(producers, output, node));
    for (String use : SubGraphs.uses(node)) {
      List<Node> readers = consumers.getOrDefault(use, new ArrayList<>());
      for (int i = readers.size() - 1; i >= 0; i--) {
        if (isSame(readers.get(i), node)) {
          readers.remove(i);
        }
      }
    }
  }

  private static void forget(Map<String, Node> map, String key, Node node) {
    Node current = map.get(key);
    if (current != null && isSame(current, node)) {
      map.remove(key);
    }
  }

  @SuppressWarnings("ReferenceEquality") // nodes are told apart by identity here
  private static boolean isSame(Node lhs, Node rhs) {
    return lhs == rhs;
  }

  private static InternalException misuse(String what, String where) {
    return new InternalException(Problem.of(what, where));
  }
}
