package dev.lathe.runtime;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.op.Operators;
import dev.lathe.parallel.Workers;
import dev.lathe.pass.Note;
import dev.lathe.pass.Notes;
import dev.lathe.pass.PassContext;
import dev.lathe.pass.PassPipeline;
import dev.lathe.plan.ConstantStore;
import dev.lathe.plan.ExecutionPlan;
import dev.lathe.plan.Planner;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network ready to run: rewritten by the passes once, planned for each set of input shapes on
 * first use. Thread-safe; concurrent runs on one thread each don't wait for each other, those of a
 * larger crew take turns.
 */
public final class NetworkRunner implements AutoCloseable {

  /** Plans kept; the least recently used is dropped first. */
  private static final int MAX_PLANS = 16;

  private final Network network;
  private final Graph lowered;
  private final Map<String, Long> opsets;
  private final RunOptions options;
  private final Planner planner;
  private final Notes notes = new Notes();
  private final ConstantStore constants = new ConstantStore();
  private final Workers workers;
  private final LinkedHashMap<List<TensorFact>, InvocationPool> plans =
      new LinkedHashMap<>(MAX_PLANS, 0.75f, true);
  private int active;
  private boolean closed;

  /**
   * Prepares a network; shapes are planned when they are first seen.
   *
   * @throws dev.lathe.error.UsageException when the forced tier is not available
   */
  public NetworkRunner(Network network, RunOptions options) {
    this.network = network;
    this.options = options;
    this.planner = new Planner(Operators.table(), KernelSelector.of(options.isa()));
    this.opsets = new LinkedHashMap<>(network.opsets());
    this.opsets.put(Node.LATHE_DOMAIN, 1L);
    this.lowered =
        PassPipeline.run(
            PassPipeline.MODEL, network.graph(), new PassContext(planner, opsets, null, notes));
    this.workers = new Workers(options.threads());
  }

  public Network network() {
    return network;
  }

  public RunOptions options() {
    return options;
  }

  /** Inputs the caller has to feed, in order. */
  public List<ValueInfo> inputs() {
    return network.graph().inputs();
  }

  public List<ValueInfo> outputs() {
    return network.graph().outputs();
  }

  /** Why passes left parts of the network as they were, as far as shapes were seen. */
  public List<Note> notes() {
    return notes.list();
  }

  /** Bytes of native memory that hold packed and copied constants. */
  public long constantBytes() {
    return constants.bytes();
  }

  /**
   * Runs once.
   *
   * @param inputs one per graph input, in order, of the declared types
   * @return one per graph output, in order, on the heap
   */
  public List<Tensor> run(List<Tensor> inputs) {
    try (Invocation invocation = prepare(InputCheck.facts(inputs(), inputs))) {
      List<Tensor> outputs = new ArrayList<>();
      for (TensorFact fact : invocation.plan().outputs()) {
        outputs.add(Tensor.zeros(fact.dtype(), fact.shape()));
      }
      invocation.run(inputs, outputs);
      return outputs;
    }
  }

  /**
   * Takes an invocation for inputs of the given facts; repeated runs of one invocation allocate
   * nothing. Close it to give it back.
   */
  public Invocation prepare(List<TensorFact> inputs) {
    InputCheck.check(inputs(), inputs);
    synchronized (this) {
      if (closed) {
        throw new IllegalStateException("session is closed");
      }
      InvocationPool known = plans.get(inputs);
      Invocation invocation = (known == null ? plan(inputs) : known).take();
      active++;
      return invocation;
    }
  }

  /** Facts for the declared input shapes, every open dimension set to {@code open}. */
  public List<TensorFact> declaredFacts(long open) {
    return InputCheck.declared(inputs(), open);
  }

  /** The plan for inputs of the given facts. */
  public ExecutionPlan planFor(List<TensorFact> inputs) {
    try (Invocation invocation = prepare(inputs)) {
      return invocation.plan();
    }
  }

  private InvocationPool plan(List<TensorFact> inputs) {
    Map<String, TensorFact> byName = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      byName.put(inputs().get(i).name(), inputs.get(i));
    }
    Graph graph =
        PassPipeline.run(
            PassPipeline.PLAN, lowered, new PassContext(planner, opsets, byName, notes));
    InvocationPool pool =
        new InvocationPool(
            planner.plan(graph, opsets, byName, constants, options.threads()), workers, this::done);
    plans.put(List.copyOf(inputs), pool);
    if (plans.size() > MAX_PLANS) {
      plans.pollFirstEntry().getValue().close();
    }
    return pool;
  }

  private synchronized void done() {
    active--;
    if (closed && active == 0) {
      constants.close();
    }
  }

  /** Frees everything as soon as no run is under way. Idempotent. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    workers.close();
    plans.values().forEach(InvocationPool::close);
    plans.clear();
    if (active == 0) {
      constants.close();
    }
  }
}
