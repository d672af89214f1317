package dev.lathe.report.compare;

import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.measure.WarmUp;
import dev.lathe.measure.Workload;
import dev.lathe.report.Profile;
import dev.lathe.runtime.Invocation;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Collection;
import java.util.List;

/**
 * A network run again and again on one input, all in native memory, so that nothing but the network
 * is timed. Closes the runner, too.
 */
final class Repeated implements AutoCloseable {

  private static final long PROFILE_NANOS = 500_000_000;

  private final String name;
  private final NetworkRunner runner;
  private final Arena arena = Arena.ofShared();
  private final Invocation invocation;
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;

  Repeated(String name, NetworkRunner runner, Tensor input) {
    this.name = name;
    this.runner = runner;
    Tensor copy = Tensor.allocate(input.dtype(), input.shape(), arena);
    copy.data().copyFrom(input.data());
    this.inputs = List.of(copy);
    this.invocation = runner.prepare(List.of(TensorFact.constant(copy)));
    this.outputs =
        invocation.plan().outputs().stream()
            .map(fact -> Tensor.allocate(fact.dtype(), fact.shape(), arena))
            .toList();
  }

  Workload workload() {
    return workload(name);
  }

  Workload workload(String as) {
    return Workload.of(as, () -> invocation.run(inputs, outputs));
  }

  List<String> kernels() {
    return Profile.kernels(invocation.plan());
  }

  /** What was predicted of its layers with constant weights. */
  Collection<SparseForecast> forecasts() {
    return invocation.plan().forecasts().values();
  }

  /** Times every step, for about half a second. */
  Profile profile(WarmUp warm) {
    int runs = (int) Math.clamp(PROFILE_NANOS / Math.max(1, warm.typicalNanos()), 5, 1_000);
    return Profile.of(invocation, inputs, outputs, runs);
  }

  @Override
  public void close() {
    invocation.close();
    runner.close();
    arena.close();
  }
}
