package dev.lathe.runtime;

import dev.lathe.error.ContentRequiredException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.graph.SubGraphs;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.plan.Partition;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What follows a plan that ends where contents are needed. First it evaluates the nodes that waited
 * and can be evaluated as a whole (NonZero, If, Loop, ...); the others go to a runner of their own,
 * which sees all values computed so far as inputs.
 */
final class Continuation implements AutoCloseable {

  private final Engine engine;
  private final Graph graph;
  private final Map<String, Tensor> constants;
  private final Partition partition;
  private final Map<Node, ControlFlow> flows = new LinkedHashMap<>();

  /** Nodes evaluated as a whole, and the runner of the others; decided at the first run. */
  private @Nullable List<Node> ahead;

  private @Nullable GraphRunner others;

  Continuation(Engine engine, Graph graph, Map<String, Tensor> constants, Partition partition) {
    this.engine = engine;
    this.graph = graph;
    this.constants = constants;
    this.partition = partition;
    for (Partition.Blocked blocked : partition.blocked()) {
      ControlFlow flow = ControlFlow.of(engine, blocked.node(), constants);
      if (flow != null) {
        flows.put(blocked.node(), flow);
      }
    }
  }

  /**
   * Whether all inputs of a node are given and its outputs follow from their contents without a
   * plan.
   */
  static boolean evaluatesAhead(
      Engine engine, Node node, Graph graph, Map<String, TensorFact> given) {
    Map<String, Tensor> values = new LinkedHashMap<>(graph.constants());
    given.forEach(
        (name, fact) -> {
          if (fact.value() != null) {
            values.put(name, fact.value());
          }
        });
    return values.keySet().containsAll(SubGraphs.uses(node))
        && evaluate(engine, node, values) != null;
  }

  private static @Nullable List<Tensor> evaluate(
      Engine engine, Node node, Map<String, Tensor> values) {
    Map<String, Tensor> used = new LinkedHashMap<>();
    for (String input : SubGraphs.uses(node)) {
      Tensor value = values.get(input);
      if (value == null) {
        return null;
      }
      used.put(input, value);
    }
    try {
      return engine.evaluateAhead(node, used);
    } catch (ContentRequiredException body) {
      return null;
    }
  }

  /**
   * Outputs of the graph.
   *
   * @param computed every value known by now
   */
  List<Tensor> run(Map<String, Tensor> computed) {
    Map<String, Tensor> values = new LinkedHashMap<>(constants);
    values.putAll(computed);
    evaluateAhead(values);
    GraphRunner runner = others(values.keySet());
    if (runner != null) {
      List<Tensor> inputs = new ArrayList<>();
      for (ValueInfo input : runner.graph().inputs()) {
        inputs.add(known(values, input.name()));
      }
      List<Tensor> outputs = runner.run(inputs);
      for (int i = 0; i < outputs.size(); i++) {
        values.put(runner.graph().outputs().get(i).name(), outputs.get(i));
      }
    }
    return graph.outputs().stream().map(output -> known(values, output.name())).toList();
  }

  private static Tensor known(Map<String, Tensor> values, String name) {
    Tensor value = values.get(name);
    if (value == null) {
      throw new IllegalStateException("value '" + name + "' was not computed");
    }
    return value;
  }

  private void evaluateAhead(Map<String, Tensor> values) {
    List<Node> decided;
    synchronized (this) {
      decided = ahead;
    }
    List<Node> candidates =
        decided == null
            ? partition.blocked().stream().map(Partition.Blocked::node).toList()
            : decided;
    List<Node> evaluated = new ArrayList<>();
    for (Node node : candidates) {
      ControlFlow flow = flows.get(node);
      List<Tensor> outputs = flow == null ? evaluate(engine, node, values) : flow.run(values);
      if (outputs != null) {
        if (outputs.size() < node.outputs().size()) {
          throw GraphErrors.invalid(
              node, "has " + node.outputs().size() + " outputs, its body yields " + outputs.size());
        }
        evaluated.add(node);
        for (int i = 0; i < node.outputs().size(); i++) {
          values.put(node.output(i), outputs.get(i));
        }
      }
    }
    synchronized (this) {
      ahead = ahead == null ? evaluated : ahead;
    }
  }

  private synchronized @Nullable GraphRunner others(Set<String> known) {
    List<Node> nodes = new ArrayList<>(partition.deferred());
    nodes.removeAll(ahead == null ? List.of() : ahead);
    if (others == null && !nodes.isEmpty()) {
      others = new GraphRunner(engine, remaining(nodes, known));
    }
    return others;
  }

  private Graph remaining(List<Node> nodes, Set<String> known) {
    Set<String> uses = new LinkedHashSet<>();
    Set<String> defined = new LinkedHashSet<>();
    for (Node node : nodes) {
      uses.addAll(SubGraphs.uses(node));
      defined.addAll(node.outputs());
    }
    Map<String, Tensor> kept = new LinkedHashMap<>(constants);
    kept.keySet().retainAll(uses);
    uses.removeAll(kept.keySet());
    uses.removeAll(defined);
    return new Graph(
        graph.name(),
        uses.stream().map(name -> new ValueInfo(name, null, null, null)).toList(),
        graph.outputs().stream().filter(output -> !known.contains(output.name())).toList(),
        kept,
        nodes,
        Map.of(),
        null);
  }

  @Override
  public synchronized void close() {
    if (others != null) {
      others.close();
    }
    flows.values().forEach(ControlFlow::close);
  }
}
