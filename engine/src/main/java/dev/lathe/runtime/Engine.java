package dev.lathe.runtime;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.op.Operators;
import dev.lathe.parallel.Workers;
import dev.lathe.pass.Notes;
import dev.lathe.pass.PassContext;
import dev.lathe.pass.PassPipeline;
import dev.lathe.plan.ConstantStore;
import dev.lathe.plan.ExecutionPlan;
import dev.lathe.plan.Partition;
import dev.lathe.plan.Planner;
import dev.lathe.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the graph of a network and the bodies inside it are run with. Freed once it is closed and no
 * run is under way.
 */
final class Engine implements AutoCloseable {

  private final Network network;
  private final Planner planner;
  private final Map<String, Long> opsets;
  private final RunOptions options;
  private final Notes notes = new Notes();
  private final ConstantStore constants;
  private final Workers workers;
  private int active;
  private boolean closed;

  Engine(Network network, RunOptions options) {
    this.network = network;
    this.planner = new Planner(Operators.table(), KernelSelector.of(options.isa(), options.math()));
    this.opsets = new LinkedHashMap<>(network.opsets());
    this.opsets.put(Node.LATHE_DOMAIN, 1L);
    this.options = options;
    this.workers = new Workers(options.threads());
    this.constants = SharedConstants.acquire(network);
  }

  RunOptions options() {
    return options;
  }

  /** Version of the default operator set. */
  long opset() {
    return opsets.getOrDefault("", 1L);
  }

  Notes notes() {
    return notes;
  }

  long constantBytes() {
    return constants.bytes();
  }

  /** Rewrites a graph as far as that needs no shapes. */
  Graph lower(Graph graph) {
    return PassPipeline.run(
        PassPipeline.MODEL, graph, new PassContext(planner, opsets, null, notes));
  }

  Partition partition(Graph graph, Map<String, TensorFact> inputs) {
    return planner.partition(graph, opsets, inputs);
  }

  /** See {@link Planner#evaluateAhead}. */
  @Nullable List<Tensor> evaluateAhead(Node node, Map<String, Tensor> inputs) {
    return planner.evaluateAhead(node, opsets, inputs);
  }

  /** Plans a graph of which everything can be planned. */
  InvocationPool plan(Graph lowered, Map<String, TensorFact> inputs) {
    Graph graph =
        PassPipeline.run(
            PassPipeline.PLAN, lowered, new PassContext(planner, opsets, inputs, notes));
    ExecutionPlan plan = planner.plan(graph, opsets, inputs, constants, options.threads());
    return new InvocationPool(plan, workers, this::leave);
  }

  /** Announces a run that has yet to {@link #leave}. */
  synchronized void enter() {
    if (closed) {
      throw new IllegalStateException("session is closed");
    }
    active++;
  }

  synchronized void leave() {
    active--;
    if (closed && active == 0) {
      SharedConstants.release(network);
    }
  }

  /** Idempotent. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      workers.close();
      if (active == 0) {
        SharedConstants.release(network);
      }
    }
  }
}
