package dev.lathe.runtime;

import dev.lathe.graph.Graph;
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
 * A graph for one set of input shapes: the plan of what can be planned, and what comes after it.
 * Its user counts are guarded by the runner that owns it.
 */
final class Section {

  private final Engine engine;
  private final Graph graph;
  private final Partition partition;

  /** What the plan yields; the graph's outputs when nothing comes after it. */
  private final List<String> produced;

  private final @Nullable InvocationPool pool;
  private final @Nullable Continuation rest;
  private int users;
  private boolean retired;

  Section(Engine engine, Graph graph, Partition partition, Map<String, TensorFact> inputs) {
    this.engine = engine;
    this.graph = graph;
    this.partition = partition;
    if (partition.isComplete()) {
      this.produced = graph.outputs().stream().map(ValueInfo::name).toList();
      this.pool = engine.plan(graph, inputs);
      this.rest = null;
      return;
    }
    Set<String> wanted = new LinkedHashSet<>();
    partition.deferred().forEach(node -> wanted.addAll(SubGraphs.uses(node)));
    graph.outputs().forEach(output -> wanted.add(output.name()));
    Map<String, Tensor> constants = new LinkedHashMap<>(graph.constants());
    List<String> computed = new ArrayList<>();
    for (Node node : partition.ready()) {
      for (String output : node.outputs()) {
        if (wanted.contains(output)) {
          Tensor value = partition.facts().get(output).value();
          if (value == null) {
            computed.add(output);
          } else {
            constants.put(output, value);
          }
        }
      }
    }
    this.produced = List.copyOf(computed);
    this.pool = produced.isEmpty() ? null : engine.plan(ready(), inputs);
    this.rest = new Continuation(engine, graph, constants, partition);
  }

  private Graph ready() {
    return new Graph(
        graph.name(),
        graph.inputs(),
        produced.stream().map(name -> new ValueInfo(name, null, null, null)).toList(),
        graph.constants(),
        partition.ready(),
        graph.valueInfos(),
        null);
  }

  /** The right to run the plan, when there is nothing else to run. */
  Invocation invocation() {
    if (rest != null || pool == null) {
      throw partition.blocked().getFirst().reason();
    }
    return take(pool);
  }

  private Invocation take(InvocationPool plan) {
    engine.enter();
    return plan.take();
  }

  /** Outputs of the graph for inputs in the graph's order. */
  List<Tensor> run(List<Tensor> inputs) {
    Map<String, Tensor> values = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      values.put(graph.inputs().get(i).name(), inputs.get(i));
    }
    List<Tensor> results = pool == null ? List.of() : runPlan(pool, inputs);
    if (rest == null) {
      return results;
    }
    for (int i = 0; i < results.size(); i++) {
      values.put(produced.get(i), results.get(i));
    }
    return rest.run(values);
  }

  private List<Tensor> runPlan(InvocationPool plan, List<Tensor> inputs) {
    try (Invocation invocation = take(plan)) {
      List<Tensor> outputs = new ArrayList<>();
      for (TensorFact fact : invocation.plan().outputs()) {
        outputs.add(Tensor.zeros(fact.dtype(), fact.shape()));
      }
      invocation.run(inputs, outputs);
      return outputs;
    }
  }

  void enter() {
    users++;
  }

  void leave() {
    users--;
    closeWhenUnused();
  }

  /** Frees the section as soon as nobody uses it. */
  void retire() {
    retired = true;
    closeWhenUnused();
  }

  private void closeWhenUnused() {
    if (!retired || users > 0) {
      return;
    }
    if (pool != null) {
      pool.close();
    }
    if (rest != null) {
      rest.close();
    }
  }
}
