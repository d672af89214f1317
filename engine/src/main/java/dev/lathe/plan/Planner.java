package dev.lathe.plan;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.parallel.Workers;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Infers and plans graphs. Thread-safe. */
public final class Planner {

  private final OperatorTable operators;
  private final KernelSelector kernels;

  public Planner(OperatorTable operators, KernelSelector kernels) {
    this.operators = operators;
    this.kernels = kernels;
  }

  /** Whether some operator implements a node. */
  public boolean supports(Node node) {
    return operators.find(node) != null;
  }

  /**
   * Facts of every value of a graph; nodes whose inputs are all known are evaluated.
   *
   * @param inputs facts of the graph's inputs by name
   */
  public Facts infer(Graph graph, Map<String, Long> opsets, Map<String, TensorFact> inputs) {
    return Facts.infer(graph, opsets, inputs, operators, this::evaluate);
  }

  /** The same as far as contents known ahead allow. */
  public Partition partition(
      Graph graph, Map<String, Long> opsets, Map<String, TensorFact> inputs) {
    return Facts.partition(graph, opsets, inputs, operators, this::evaluate);
  }

  /**
   * Outputs of a node whose contents follow from inference alone once its inputs are known, as
   * those of NonZero do; null when the node has to be planned.
   *
   * @param inputs contents of the node's inputs by name
   */
  public @Nullable List<Tensor> evaluateAhead(
      Node node, Map<String, Long> opsets, Map<String, Tensor> inputs) {
    Operator operator = operators.find(node);
    if (operator == null) {
      throw new IllegalArgumentException(node.toString());
    }
    Map<String, TensorFact> known = new LinkedHashMap<>();
    inputs.forEach((name, tensor) -> known.put(name, TensorFact.constant(tensor)));
    Facts facts = Facts.of(known);
    List<TensorFact> outputs = Facts.inferOutputs(node, operator, facts.inference(node, opsets));
    List<Tensor> values = new ArrayList<>();
    for (TensorFact output : outputs) {
      if (output.value() == null) {
        return null;
      }
      values.add(output.value());
    }
    return values;
  }

  /**
   * Everything that stands in the way of planning a graph.
   *
   * @param inputs facts of the graph's inputs, as far as they are known
   */
  public Diagnosis diagnose(Graph graph, Map<String, Long> opsets, Map<String, TensorFact> inputs) {
    return new Diagnostician(opsets, operators, this::evaluate).diagnose(graph, inputs);
  }

  /** Plans a graph for concrete inputs and a number of threads. */
  @SuppressWarnings("MustBeClosedChecker") // the plan closes it
  public ExecutionPlan plan(
      Graph graph,
      Map<String, Long> opsets,
      Map<String, TensorFact> inputs,
      ConstantStore constants,
      int threads) {
    Facts facts = infer(graph, opsets, inputs);
    Arena memory = Arena.ofShared();
    try {
      return new PlanBuilder(graph, opsets, facts, operators, kernels, constants, threads, memory)
          .build();
    } catch (RuntimeException failure) {
      memory.close();
      throw failure;
    }
  }

  /** Computes one node through its own lowering. */
  @SuppressWarnings("MustBeClosedChecker") // store and plan close theirs
  private List<Tensor> evaluate(
      Node node, Operator operator, Inference inference, List<TensorFact> outputs) {
    Map<String, TensorFact> known = new LinkedHashMap<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      if (node.hasInput(i)) {
        known.put(node.input(i), inference.fact(i));
      }
    }
    List<ValueInfo> results = new ArrayList<>();
    for (int i = 0; i < node.outputs().size(); i++) {
      if (!node.output(i).isEmpty()) {
        known.put(node.output(i), outputs.get(i));
        results.add(new ValueInfo(node.output(i), null, null, null));
      }
    }
    Graph single =
        new Graph(node.name(), List.of(), results, Map.of(), List.of(node), Map.of(), null);
    Map<String, Long> opsets = Map.of(node.domain(), inference.opset());
    try (ConstantStore constants = new ConstantStore(Arena.ofConfined());
        Workers alone = new Workers(1);
        ExecutionPlan plan =
            new PlanBuilder(
                    single,
                    opsets,
                    Facts.of(known),
                    operators,
                    kernels,
                    constants,
                    1,
                    Arena.ofConfined())
                .build()) {
      return runOnce(plan, alone, node, outputs);
    }
  }

  private static List<Tensor> runOnce(
      ExecutionPlan plan, Workers workers, Node node, List<TensorFact> outputs) {
    Frame frame = plan.acquire();
    try {
      List<Tensor> values = new ArrayList<>();
      List<MemorySegment> staged = new ArrayList<>();
      int port = 0;
      for (int i = 0; i < node.outputs().size(); i++) {
        TensorFact fact = outputs.get(i);
        values.add(Tensor.zeros(fact.dtype(), fact.shape()));
        staged.add(plan.stage(fact));
        if (!node.output(i).isEmpty()) {
          plan.bindOutput(frame, port++, staged.get(i));
        }
      }
      new Executor(plan, frame, workers).run();
      for (int i = 0; i < values.size(); i++) {
        MemorySegment data = values.get(i).data();
        data.copyFrom(staged.get(i).asSlice(0, data.byteSize()));
      }
      return values;
    } finally {
      plan.release(frame);
    }
  }
}
