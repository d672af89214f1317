package dev.lathe.bench;

import dev.lathe.graph.Network;
import dev.lathe.graph.TensorFact;
import dev.lathe.measure.SeededInputs;
import dev.lathe.runtime.Invocation;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;

/** A network of one input and one output, ready to run on one thread on seeded numbers. */
final class OneNetwork implements AutoCloseable {

  private final Arena arena = Arena.ofShared();
  private final NetworkRunner runner;
  private final Invocation invocation;
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;

  OneNetwork(Network network) {
    runner = new NetworkRunner(network, new RunOptions(1, null));
    TensorFact fact = runner.declaredFacts(1).getFirst();
    Tensor input = Tensor.allocate(fact.dtype(), fact.shape(), arena);
    input.data().copyFrom(SeededInputs.of(fact, 1).data());
    inputs = List.of(input);
    invocation = runner.prepare(List.of(fact));
    TensorFact result = invocation.plan().outputs().getFirst();
    outputs = List.of(Tensor.allocate(result.dtype(), result.shape(), arena));
  }

  /** Throws unless a step runs on a kernel whose name begins so. */
  OneNetwork on(String kernel) {
    if (invocation.plan().steps().stream()
        .noneMatch(step -> step.step().kernel().startsWith(kernel))) {
      throw new IllegalStateException("no step runs on " + kernel);
    }
    return this;
  }

  /** One run. */
  Tensor run() {
    invocation.run(inputs, outputs);
    return outputs.getFirst();
  }

  @Override
  public void close() {
    invocation.close();
    runner.close();
    arena.close();
  }
}
