package dev.lathe.plan;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns a graph with known facts into an execution plan: lowers every needed node, then lays out
 * the arena.
 */
final class PlanBuilder {

  final Graph graph;
  final Map<String, Long> opsets;
  final Facts facts;
  final OperatorTable operators;
  final KernelSelector kernels;
  final ConstantStore constants;
  final int threads;
  final SlotTable slots = new SlotTable();

  /** By name of the node. */
  final Map<String, SparseForecast> forecasts = new LinkedHashMap<>();

  /** Tables and frames of the plan. */
  final Arena memory;

  private final List<ExecutionPlan.PlannedStep> steps = new ArrayList<>();
  private final Map<String, Integer> lastUse = new HashMap<>();

  PlanBuilder(
      Graph graph,
      Map<String, Long> opsets,
      Facts facts,
      OperatorTable operators,
      KernelSelector kernels,
      ConstantStore constants,
      int threads,
      Arena memory) {
    this.memory = memory;
    this.graph = graph;
    this.opsets = opsets;
    this.facts = facts;
    this.operators = operators;
    this.kernels = kernels;
    this.constants = constants;
    this.threads = threads;
  }

  ExecutionPlan build() {
    List<Node> needed = neededNodes();
    recordUses(needed);
    List<ValueInfo> inputs = graph.inputs();
    for (int port = 0; port < inputs.size(); port++) {
      String name = inputs.get(port).name();
      TensorFact fact = facts.get(name);
      Slot slot = slots.create(name, fact, SlotTable.Origin.INPUT, bytes(fact), 0);
      slots.buffer(slot).port = port;
    }
    for (int position = 0; position < needed.size(); position++) {
      Node node = needed.get(position);
      Operator operator = operators.find(node);
      if (operator == null) {
        throw new IllegalStateException(node.toString());
      }
      operator.lower(new NodeLowering(this, node, position));
    }
    bindOutputs(needed.size());
    return new ExecutionPlan(graph, facts, steps, slots, memory, forecasts);
  }

  void emit(Node node, Step step) {
    steps.add(new ExecutionPlan.PlannedStep(node, step, step.parts(threads)));
  }

  private boolean diesAt(String value, int position) {
    return lastUse.getOrDefault(value, -1) <= position;
  }

  /** Whether nothing reads any value in a slot's buffer after the node at a position. */
  boolean bufferDiesAt(Slot slot, int position) {
    return slots.valuesIn(slots.buffer(slot)).stream().allMatch(value -> diesAt(value, position));
  }

  boolean isUsed(String value) {
    return lastUse.containsKey(value);
  }

  static long bytes(TensorFact fact) {
    return fact.dtype().bytesFor(fact.shape().elements());
  }

  /** The slot of a value that is there already, or of a constant. */
  Slot slotOf(String value) {
    Slot known = slots.find(value);
    if (known != null) {
      return known;
    }
    TensorFact fact = facts.get(value);
    Tensor tensor = fact.value();
    if (tensor == null) {
      throw new IllegalStateException("value '" + value + "' is read before it is computed");
    }
    Slot slot = slots.create(value, fact, SlotTable.Origin.CONSTANT, bytes(fact), 0);
    slots.buffer(slot).constant =
        isShared(value) ? constants.plain(value, tensor) : copied(tensor.data());
    return slot;
  }

  /** Whether native forms of a value may be taken from the store: not of other contents. */
  boolean isShared(String value) {
    TensorFact fact = value.isEmpty() ? null : facts.get(value);
    Tensor tensor = fact == null ? null : fact.value();
    return tensor == null || constants.owns(value, tensor);
  }

  private MemorySegment copied(MemorySegment data) {
    long size = Math.max(data.byteSize(), 1);
    return memory.allocate(size, ArenaLayout.ALIGNMENT).asSlice(0, data.byteSize()).copyFrom(data);
  }

  private List<Node> neededNodes() {
    Set<String> wanted = new HashSet<>();
    graph.outputs().forEach(output -> wanted.add(output.name()));
    List<Node> needed = new ArrayList<>();
    for (Node node : graph.nodes().reversed()) {
      boolean runs =
          node.outputs().stream()
              .anyMatch(out -> wanted.contains(out) && !facts.get(out).isConstant());
      if (runs) {
        needed.add(node);
        wanted.addAll(node.inputs());
      }
    }
    return needed.reversed();
  }

  private void recordUses(List<Node> needed) {
    for (int position = 0; position < needed.size(); position++) {
      for (String input : needed.get(position).inputs()) {
        lastUse.put(input, position);
      }
    }
    for (ValueInfo output : graph.outputs()) {
      lastUse.put(output.name(), Integer.MAX_VALUE);
    }
  }

  /**
   * Gives every graph output a buffer the caller supplies; copies what can't be computed in place
   * there.
   */
  private void bindOutputs(int end) {
    for (int port = 0; port < graph.outputs().size(); port++) {
      String name = graph.outputs().get(port).name();
      Slot source = slotOf(name);
      SlotTable.Buffer buffer = slots.buffer(source);
      if (buffer.origin == SlotTable.Origin.ARENA) {
        buffer.origin = SlotTable.Origin.OUTPUT;
        buffer.port = port;
      } else {
        TensorFact fact = facts.get(name);
        slots.use(source, end);
        Slot copy =
            slots.create(name + "/out" + port, fact, SlotTable.Origin.OUTPUT, bytes(fact), end);
        slots.buffer(copy).port = port;
        emit(
            Node.of(name, Node.LATHE_DOMAIN, "Copy", List.of(name), List.of(name), Map.of()),
            new CopyStep(source, copy, bytes(fact)));
      }
    }
  }
}
