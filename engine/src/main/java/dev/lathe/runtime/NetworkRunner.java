package dev.lathe.runtime;

import dev.lathe.error.ContentRequiredException;
import dev.lathe.graph.LocalFunctions;
import dev.lathe.graph.Network;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.pass.Note;
import dev.lathe.plan.ExecutionPlan;
import dev.lathe.tensor.Tensor;
import java.util.List;

/**
 * A network ready to run: rewritten by the passes once, planned for each set of input shapes on
 * first use. Thread-safe; concurrent runs on one thread each don't wait for each other, those of a
 * larger crew take turns.
 */
public final class NetworkRunner implements AutoCloseable {

  private final Network network;
  private final Engine engine;
  private final GraphRunner main;

  /**
   * Prepares a network; shapes are planned when they are first seen.
   *
   * @throws dev.lathe.error.UsageException when the forced tier is not available
   */
  public NetworkRunner(Network network, RunOptions options) {
    this.network = network;
    this.engine = new Engine(network, options);
    this.main = new GraphRunner(engine, engine.lower(LocalFunctions.inlined(network).graph()));
  }

  public Network network() {
    return network;
  }

  public RunOptions options() {
    return engine.options();
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
    return engine.notes().list();
  }

  /** Bytes of native memory with constants, packed or copied; shared by runners of one network. */
  public long constantBytes() {
    return engine.constantBytes();
  }

  /**
   * Runs once.
   *
   * @param inputs one per graph input, in order, of the declared types
   * @return one per graph output, in order, on the heap
   */
  public List<Tensor> run(List<Tensor> inputs) {
    InputCheck.check(inputs(), InputCheck.facts(inputs(), inputs));
    return main.run(inputs);
  }

  /** Runs once into tensors of the caller, of the types and shapes that the inputs imply. */
  public void run(List<Tensor> inputs, List<Tensor> outputs) {
    List<TensorFact> facts = inputs.stream().map(TensorFact::constant).toList();
    try (Invocation invocation = prepare(facts)) {
      invocation.run(inputs, outputs);
    } catch (ContentRequiredException chained) {
      List<Tensor> results = run(inputs);
      InputCheck.match("output", results.stream().map(TensorFact::constant).toList(), outputs);
      for (int i = 0; i < results.size(); i++) {
        outputs.get(i).data().copyFrom(results.get(i).data());
      }
    }
  }

  /**
   * Takes an invocation for inputs of the given facts; repeated runs of one invocation allocate
   * nothing. Close it to give it back.
   *
   * @param inputs facts in the order of the inputs, with contents where the caller has them: shapes
   *     may depend on them
   * @throws dev.lathe.error.ContentRequiredException when shapes depend on contents that only a run
   *     computes; {@link #run} runs such a network
   */
  public Invocation prepare(List<TensorFact> inputs) {
    InputCheck.check(inputs(), inputs);
    return main.prepare(inputs);
  }

  /** Facts for the declared input shapes, every open dimension set to {@code open}. */
  public List<TensorFact> declaredFacts(long open) {
    return InputCheck.declared(inputs(), open);
  }

  /** The plan for inputs of the given facts; as {@link #prepare}. */
  public ExecutionPlan planFor(List<TensorFact> inputs) {
    try (Invocation invocation = prepare(inputs)) {
      return invocation.plan();
    }
  }

  /** Frees everything as soon as no run is under way. Idempotent. */
  @Override
  public void close() {
    engine.close();
    main.close();
  }
}
