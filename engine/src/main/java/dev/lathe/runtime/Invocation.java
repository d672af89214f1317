package dev.lathe.runtime;

import dev.lathe.graph.TensorFact;
import dev.lathe.parallel.Workers;
import dev.lathe.plan.ExecutionPlan;
import dev.lathe.plan.Executor;
import dev.lathe.plan.Frame;
import dev.lathe.plan.StepTimes;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The right to run a plan, with memory of its own. One thread at a time; after the first run
 * nothing is allocated. Native tensors are used where they are, heap tensors are copied.
 */
public final class Invocation implements AutoCloseable {

  private final ExecutionPlan plan;
  private final Frame frame;
  private final Executor executor;
  private final InvocationPool pool;
  private final @Nullable MemorySegment[] stagedInputs;
  private final @Nullable MemorySegment[] stagedOutputs;
  private boolean lent;

  Invocation(ExecutionPlan plan, Workers workers, InvocationPool pool) {
    this.plan = plan;
    this.frame = plan.acquire();
    this.executor = new Executor(plan, frame, workers);
    this.pool = pool;
    this.stagedInputs = new @Nullable MemorySegment[plan.inputs().size()];
    this.stagedOutputs = new @Nullable MemorySegment[plan.outputs().size()];
  }

  public ExecutionPlan plan() {
    return plan;
  }

  /**
   * Computes {@code outputs} from {@code inputs}.
   *
   * @param inputs one per graph input, of the plan's types and shapes
   * @param outputs one per graph output, likewise; written; must not overlap inputs
   */
  public void run(List<Tensor> inputs, List<Tensor> outputs) {
    run(inputs, outputs, null);
  }

  /** The same, adding the time of every step to {@code times}. */
  public void run(List<Tensor> inputs, List<Tensor> outputs, @Nullable StepTimes times) {
    InputCheck.match("input", plan.inputs(), inputs);
    InputCheck.match("output", plan.outputs(), outputs);
    for (int port = 0; port < stagedInputs.length; port++) {
      MemorySegment data = inputs.get(port).data();
      if (!data.isNative()) {
        data = staged(stagedInputs, port, plan.inputs().get(port)).copyFrom(data);
      }
      plan.bindInput(frame, port, data);
    }
    for (int port = 0; port < stagedOutputs.length; port++) {
      MemorySegment data = outputs.get(port).data();
      boolean direct = data.isNative() && !data.isReadOnly();
      plan.bindOutput(
          frame, port, direct ? data : staged(stagedOutputs, port, plan.outputs().get(port)));
    }
    executor.run(times);
    for (int port = 0; port < stagedOutputs.length; port++) {
      MemorySegment data = outputs.get(port).data();
      if (!data.isNative()) {
        MemorySegment.copy(
            staged(stagedOutputs, port, plan.outputs().get(port)), 0, data, 0, data.byteSize());
      }
    }
  }

  private MemorySegment staged(@Nullable MemorySegment[] staged, int port, TensorFact fact) {
    MemorySegment known = staged[port];
    if (known == null) {
      known = plan.stage(fact);
      staged[port] = known;
    }
    return known;
  }

  void lend() {
    lent = true;
  }

  void releaseFrame() {
    plan.release(frame);
  }

  /** Gives the invocation back. Idempotent. */
  @Override
  public void close() {
    if (lent) {
      lent = false;
      pool.giveBack(this);
    }
  }
}
