package dev.lathe.plan;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.SparseForecast;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The steps of a graph for one set of input shapes, and where every value lives. Immutable but for
 * its pool of frames; thread-safe. Concurrent runs take a frame each.
 */
public final class ExecutionPlan implements AutoCloseable {

  /** A step, the node it came from and the parts it is split into. */
  public record PlannedStep(Node node, Step step, int parts) {}

  private final List<TensorFact> inputs;
  private final List<TensorFact> outputs;
  private final PlannedStep[] steps;
  private final SlotTable.Buffer[] buffers;
  private final long[] offsets;
  private final long arenaBytes;
  private final int[][] inputSlots;
  private final int[][] outputSlots;
  private final Arena memory;
  private final Map<String, TensorFact> nodeFacts;
  private final Map<String, SparseForecast> forecasts;
  private final List<Frame> idle = new ArrayList<>();
  private int lent;
  private boolean closed;

  ExecutionPlan(
      Graph graph,
      Facts facts,
      List<PlannedStep> steps,
      SlotTable slots,
      Arena memory,
      Map<String, SparseForecast> forecasts) {
    this.forecasts = Collections.unmodifiableMap(forecasts);
    this.inputs = graph.inputs().stream().map(input -> facts.get(input.name())).toList();
    this.outputs = graph.outputs().stream().map(output -> facts.get(output.name())).toList();
    this.steps = steps.toArray(PlannedStep[]::new);
    this.buffers = slots.buffers().toArray(SlotTable.Buffer[]::new);
    this.memory = memory;
    this.nodeFacts = collectFacts(graph, facts);
    List<SlotTable.Buffer> distinct = List.of(buffers).stream().distinct().toList();
    ArenaLayout layout = new ArenaLayout(arenaBuffers(distinct));
    this.arenaBytes = layout.bytes();
    long[] byBuffer = layout.offsets(distinct.size());
    Map<SlotTable.Buffer, Long> offsetOf = new HashMap<>();
    for (int id = 0; id < distinct.size(); id++) {
      offsetOf.put(distinct.get(id), byBuffer[id]);
    }
    this.offsets = List.of(buffers).stream().mapToLong(offsetOf::get).toArray();
    this.inputSlots = slotsByPort(SlotTable.Origin.INPUT, inputs.size());
    this.outputSlots = slotsByPort(SlotTable.Origin.OUTPUT, outputs.size());
  }

  private static List<ArenaLayout.Buffer> arenaBuffers(List<SlotTable.Buffer> distinct) {
    List<ArenaLayout.Buffer> planned = new ArrayList<>();
    for (int id = 0; id < distinct.size(); id++) {
      SlotTable.Buffer buffer = distinct.get(id);
      if (buffer.origin == SlotTable.Origin.ARENA) {
        planned.add(new ArenaLayout.Buffer(id, buffer.bytes, buffer.first, buffer.last));
      }
    }
    return planned;
  }

  private static Map<String, TensorFact> collectFacts(Graph graph, Facts facts) {
    Map<String, TensorFact> known = new HashMap<>();
    for (ValueInfo input : graph.inputs()) {
      known.put(input.name(), facts.get(input.name()));
    }
    for (Node node : graph.nodes()) {
      node.inputs().forEach(value -> collectFact(value, facts, known));
      node.outputs().forEach(value -> collectFact(value, facts, known));
    }
    return Map.copyOf(known);
  }

  private static void collectFact(String value, Facts facts, Map<String, TensorFact> known) {
    TensorFact fact = facts.find(value);
    if (fact != null) {
      known.put(value, TensorFact.of(fact.dtype(), fact.shape()));
    }
  }

  private int[][] slotsByPort(SlotTable.Origin origin, int ports) {
    int[][] slots = new int[ports][];
    for (int port = 0; port < ports; port++) {
      List<Integer> found = new ArrayList<>();
      for (int slot = 0; slot < buffers.length; slot++) {
        if (buffers[slot].origin == origin && buffers[slot].port == port) {
          found.add(slot);
        }
      }
      slots[port] = found.stream().mapToInt(Integer::intValue).toArray();
    }
    return slots;
  }

  /** Facts of the graph's inputs, in order. */
  public List<TensorFact> inputs() {
    return inputs;
  }

  public List<TensorFact> outputs() {
    return outputs;
  }

  /** Type and shape of every value of the lowered graph, constants included, by name. */
  public Map<String, TensorFact> values() {
    return nodeFacts;
  }

  /**
   * What was predicted of nodes with constant weights that sparse kernels can run, by name, in
   * execution order.
   */
  public Map<String, SparseForecast> forecasts() {
    return forecasts;
  }

  /** The steps in execution order. */
  public List<PlannedStep> steps() {
    return List.of(steps);
  }

  /** Bytes of working memory each concurrent run needs. */
  public long arenaBytes() {
    return arenaBytes;
  }

  int stepCount() {
    return steps.length;
  }

  PlannedStep step(int index) {
    return steps[index];
  }

  /** Takes a frame for one run; give it back with {@link #release}. */
  public synchronized Frame acquire() {
    if (closed) {
      throw new IllegalStateException("plan is closed");
    }
    lent++;
    return idle.isEmpty() ? newFrame() : idle.removeLast();
  }

  /** Gives a frame back; its memory is reused by later runs. */
  public synchronized void release(Frame frame) {
    lent--;
    idle.add(frame);
    if (closed && lent == 0) {
      memory.close();
    }
  }

  private Frame newFrame() {
    MemorySegment arena = memory.allocate(Math.max(arenaBytes, 1), ArenaLayout.ALIGNMENT);
    Frame frame = new Frame(buffers.length);
    for (int slot = 0; slot < buffers.length; slot++) {
      SlotTable.Buffer buffer = buffers[slot];
      if (buffer.origin == SlotTable.Origin.ARENA) {
        frame.bind(slot, arena, offsets[slot]);
      } else if (buffer.constant != null) {
        frame.bind(slot, buffer.constant, 0);
      }
    }
    return frame;
  }

  /**
   * Native memory for inputs or outputs the caller keeps on the heap; as long-lived as the plan.
   */
  public MemorySegment stage(TensorFact fact) {
    return memory.allocate(Math.max(PlanBuilder.bytes(fact), 1), ArenaLayout.ALIGNMENT);
  }

  /** Puts input {@code port} of a frame at a native segment of exactly the input's bytes. */
  public void bindInput(Frame frame, int port, MemorySegment segment) {
    bind(frame, inputSlots[port], segment);
  }

  /** Puts output {@code port} of a frame at a native segment; must not overlap an input. */
  public void bindOutput(Frame frame, int port, MemorySegment segment) {
    bind(frame, outputSlots[port], segment);
  }

  private static void bind(Frame frame, int[] slots, MemorySegment segment) {
    for (int slot : slots) {
      frame.bind(slot, segment, 0);
    }
  }

  /** Frees the plan's memory as soon as no run uses it. Idempotent. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      if (lent == 0) {
        memory.close();
      }
    }
  }
}
