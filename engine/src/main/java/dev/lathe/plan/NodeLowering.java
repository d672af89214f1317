package dev.lathe.plan;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.OperandLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** The lowering of one node of a plan under construction. */
final class NodeLowering implements Lowering {

  private final PlanBuilder plan;
  private final Node node;
  private final int position;
  private final Inference inference;
  private int scratches;

  NodeLowering(PlanBuilder plan, Node node, int position) {
    this.plan = plan;
    this.node = node;
    this.position = position;
    this.inference = plan.facts.inference(node, plan.opsets);
  }

  @Override
  public Node node() {
    return node;
  }

  @Override
  public Inference inference() {
    return inference;
  }

  @Override
  public int threads() {
    return plan.threads;
  }

  @Override
  public KernelSelector kernels() {
    return plan.kernels;
  }

  @Override
  public TensorFact outputFact(int output) {
    return plan.facts.get(node.output(output));
  }

  @Override
  public boolean isUsed(int output) {
    return !node.output(output).isEmpty() && plan.isUsed(node.output(output));
  }

  @Override
  public Slot input(int index) {
    Slot slot = plan.slotOf(node.input(index));
    plan.slots.use(slot, position);
    return slot;
  }

  @Override
  public Slot output(int index) {
    String value = node.output(index);
    Slot known = plan.slots.find(value);
    if (known != null) {
      return known;
    }
    TensorFact fact = outputFact(index);
    return plan.slots.create(
        value, fact, SlotTable.Origin.ARENA, PlanBuilder.bytes(fact), position);
  }

  @Override
  public Slot scratch(long bytes) {
    TensorFact fact = TensorFact.of(DType.UINT8, Shape.of(bytes));
    return plan.slots.create(
        node.output(0) + "/scratch" + scratches++,
        fact,
        SlotTable.Origin.ARENA,
        Math.max(bytes, 1),
        position);
  }

  @Override
  public void alias(int output, int input) {
    plan.slots.share(node.output(output), outputFact(output), input(input));
  }

  @Override
  public void mayOverwrite(int output, int input) {
    String value = node.input(input);
    Slot slot = plan.slots.find(value);
    boolean shareable =
        slot != null
            && plan.slots.find(node.output(output)) == null
            && plan.slots.buffer(slot).origin == SlotTable.Origin.ARENA
            && plan.slots.buffer(slot).bytes == PlanBuilder.bytes(outputFact(output))
            && plan.bufferDiesAt(slot, position);
    if (shareable) {
      alias(output, input);
    }
  }

  @Override
  public void mayOverwriteAlone(int output, int input) {
    Slot slot = plan.slots.find(node.input(input));
    for (int other = 0; slot != null && other < node.inputs().size(); other++) {
      Slot apart = other == input ? null : plan.slots.find(node.input(other));
      if (apart != null && plan.slots.buffer(apart) == plan.slots.buffer(slot)) {
        return;
      }
    }
    mayOverwrite(output, input);
  }

  @Override
  public MemorySegment allocate(long bytes) {
    return plan.memory.allocate(ArenaLayout.align(Math.max(bytes, 1)), ArenaLayout.ALIGNMENT);
  }

  @Override
  public MemorySegment filled(byte value, long bytes) {
    return plan.constants.filled(value, bytes);
  }

  @Override
  public MemorySegment packed(String key, OperandLayout layout, Supplier<RhsView> source) {
    if (node.inputs().stream().allMatch(plan::isShared)) {
      return plan.constants.packed(key, layout, source);
    }
    RhsView rhs = source.get();
    MemorySegment packed = allocate(layout.bytes(rhs));
    layout.pack(rhs, packed);
    return packed;
  }

  @Override
  public void emit(Step step) {
    plan.emit(node, step);
  }

  @Override
  public void predict(SparseForecast forecast) {
    plan.forecasts.put(node.name(), forecast);
  }
}
