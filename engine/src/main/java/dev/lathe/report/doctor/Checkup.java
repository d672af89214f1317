package dev.lathe.report.doctor;

import dev.lathe.error.ContentRequiredException;
import dev.lathe.error.LatheException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.HiddenValues;
import dev.lathe.graph.LocalFunctions;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.onnx.ValueKind;
import dev.lathe.op.Operators;
import dev.lathe.pass.Notes;
import dev.lathe.pass.PassContext;
import dev.lathe.pass.PassPipeline;
import dev.lathe.plan.Diagnosis;
import dev.lathe.plan.Planner;
import dev.lathe.report.Environment;
import dev.lathe.runtime.Invocation;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything there is to say about a model before it is run.
 *
 * @param inputs what was assumed of every input; open dimensions bound to one size
 * @param open whether some input dimension was open
 * @param obstacles all there are; none when the model runs
 * @param waiting nodes that are planned while running, by operator
 * @param unchecked nodes whose inputs' shapes are not known ahead
 * @param workBytes of one run's intermediate values; 0 when not planned ahead
 */
public record Checkup(
    Map<String, TensorFact> inputs,
    boolean open,
    List<Obstacle> obstacles,
    Map<String, Integer> waiting,
    int unchecked,
    long constantBytes,
    long workBytes,
    Initializers initializers,
    GainBand gain,
    Host host) {

  /** Planning packs all constants; larger models are left to the first run. */
  private static final long MAX_PLANNED_BYTES = 1L << 30;

  /**
   * Examines a model. Never fails for what is in the model.
   *
   * @param choices facts of the inputs that can be known, by name, one map per guess at the open
   *     dimensions; the first with the fewest obstacles is taken
   */
  public static Checkup of(
      Network network, List<Map<String, TensorFact>> choices, boolean open, RunOptions options) {
    Planner planner =
        new Planner(Operators.table(), KernelSelector.of(options.isa(), options.math()));
    Map<String, Long> opsets = new LinkedHashMap<>(network.opsets());
    opsets.put(Node.LATHE_DOMAIN, 1L);
    List<Obstacle> obstacles = new ArrayList<>(ofValues(network.graph()));
    Graph graph = lower(network, planner, opsets);
    Map<String, TensorFact> inputs = choices.getFirst();
    Diagnosis diagnosis = planner.diagnose(graph, opsets, inputs);
    for (int i = 1; i < choices.size() && !diagnosis.findings().isEmpty(); i++) {
      Diagnosis other = planner.diagnose(graph, opsets, choices.get(i));
      if (other.findings().size() < diagnosis.findings().size()) {
        diagnosis = other;
        inputs = choices.get(i);
      }
    }
    obstacles.addAll(Obstacle.of(diagnosis.findings()));
    Initializers initializers = Initializers.of(network.graph());
    long[] bytes = {0, 0};
    if (obstacles.isEmpty() && initializers.bytes() <= MAX_PLANNED_BYTES) {
      obstacles.addAll(plan(network, inputs, options, diagnosis.waiting().isEmpty(), bytes));
    }
    Map<String, Integer> waiting = new LinkedHashMap<>();
    diagnosis.waiting().forEach(each -> waiting.merge(each.node().qualifiedOp(), 1, Integer::sum));
    Environment environment = Environment.of(options);
    return new Checkup(
        inputs,
        open,
        List.copyOf(obstacles),
        waiting,
        diagnosis.unchecked(),
        bytes[0],
        bytes[1],
        initializers,
        GainBand.of(graph, diagnosis.facts(), environment.isa()),
        Host.detect(environment, initializers.bytes()));
  }

  /** Inputs, outputs and constants that are no dense tensors. */
  private static List<Obstacle> ofValues(Graph graph) {
    List<Obstacle> obstacles = new ArrayList<>();
    graph.inputs().forEach(input -> obstacles.addAll(ofValue("input", input)));
    graph.outputs().forEach(output -> obstacles.addAll(ofValue("output", output)));
    for (String hidden : HiddenValues.of(graph)) {
      obstacles.add(
          Obstacle.ofValue(
              "initializer '" + hidden + "'",
              "initializer is sparse or of strings",
              "export it as a dense tensor of numbers"));
    }
    return obstacles;
  }

  private static List<Obstacle> ofValue(String role, ValueInfo value) {
    ValueKind kind = ValueKind.of(value);
    boolean strings = value.dtype() == DType.STRING;
    return (kind == ValueKind.TENSOR && !strings) || kind == ValueKind.UNDECLARED
        ? List.of()
        : List.of(
            Obstacle.ofValue(
                role + " '" + value.name() + "'",
                role + " is " + (strings ? "a tensor of strings" : kind),
                "export the model with plain tensors of numbers"));
  }

  /** The graph as the planner sees it, or as it is where inlining or the passes give up. */
  private static Graph lower(Network network, Planner planner, Map<String, Long> opsets) {
    try {
      return PassPipeline.run(
          PassPipeline.MODEL,
          LocalFunctions.inlined(network).graph(),
          new PassContext(planner, opsets, null, new Notes()));
    } catch (LatheException | OutOfMemoryError broken) {
      return network.graph();
    }
  }

  /**
   * What only planning finds.
   *
   * @param whole whether all of the model is planned ahead
   * @param bytes of packed constants and of intermediate values, set when there is a plan
   */
  private static List<Obstacle> plan(
      Network network,
      Map<String, TensorFact> inputs,
      RunOptions options,
      boolean whole,
      long[] bytes) {
    List<ValueInfo> declared = network.graph().inputs();
    if (!inputs.keySet().containsAll(declared.stream().map(ValueInfo::name).toList())) {
      return List.of();
    }
    List<TensorFact> facts = new ArrayList<>();
    declared.forEach(input -> facts.add(inputs.get(input.name())));
    try (NetworkRunner runner = new NetworkRunner(network, options);
        Invocation invocation = runner.prepare(facts)) {
      bytes[0] = runner.constantBytes();
      bytes[1] = invocation.plan().arenaBytes();
      return List.of();
    } catch (LatheException reason) {
      boolean later = reason instanceof ContentRequiredException && !whole;
      return later ? List.of() : List.of(Obstacle.ofPlan(reason));
    }
  }

  /** Whether nothing unsupported stands in the way. */
  public boolean runs() {
    return obstacles.isEmpty();
  }

  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("runs", runs());
    json.put("obstacles", obstacles.stream().map(Obstacle::json).toList());
    Map<String, String> assumed = new LinkedHashMap<>();
    inputs.forEach((name, fact) -> assumed.put(name, fact.toString()));
    json.put("inputs", assumed);
    json.put("planned_while_running", waiting);
    json.put("unchecked_nodes", unchecked);
    json.put("initializers", initializers.json());
    json.put("memory", Map.of("constant_bytes", constantBytes, "work_bytes", workBytes));
    json.put("int8", gain.json());
    json.putAll(host.json());
    return json;
  }
}
