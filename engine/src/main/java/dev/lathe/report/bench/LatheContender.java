package dev.lathe.report.bench;

import dev.lathe.error.ContentRequiredException;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import dev.lathe.graph.TensorFact;
import dev.lathe.measure.Workload;
import dev.lathe.plan.StepTimes;
import dev.lathe.report.Environment;
import dev.lathe.report.Profile;
import dev.lathe.runtime.Invocation;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A model on Lathe, its inputs and outputs in native memory. A model that runs as a chain of plans,
 * as its shapes depend on contents, makes its outputs anew in every run and has no profile.
 */
final class LatheContender implements Contender {

  private final String name;
  private final Path model;
  private final NetworkRunner runner;
  private final Arena arena = Arena.ofShared();
  private final @Nullable Invocation invocation;
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;
  private final double loadMs;

  private LatheContender(
      String name, Path model, NetworkRunner runner, List<Tensor> given, long start) {
    this.name = name;
    this.model = model;
    this.runner = runner;
    this.inputs =
        given.stream()
            .map(
                tensor -> {
                  Tensor copy = Tensor.allocate(tensor.dtype(), tensor.shape(), arena);
                  copy.data().copyFrom(tensor.data());
                  return copy;
                })
            .toList();
    this.invocation = prepare(runner, inputs);
    this.outputs =
        invocation == null
            ? runner.run(inputs)
            : invocation.plan().outputs().stream()
                .map(fact -> Tensor.allocate(fact.dtype(), fact.shape(), arena))
                .toList();
    this.loadMs = (System.nanoTime() - start) / 1e6;
  }

  static LatheContender open(String name, Path model, BenchSetup setup) {
    long start = System.nanoTime();
    Network network = ModelFiles.read(model);
    NetworkRunner runner = new NetworkRunner(network, setup.options());
    try {
      return new LatheContender(name, model, runner, setup.inputs().of(network), start);
    } catch (RuntimeException failure) {
      runner.close();
      throw failure;
    }
  }

  private static @Nullable Invocation prepare(NetworkRunner runner, List<Tensor> inputs) {
    try {
      return runner.prepare(inputs.stream().map(TensorFact::constant).toList());
    } catch (ContentRequiredException chain) {
      return null;
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String model() {
    return model.toString();
  }

  @Override
  public String engine() {
    return "lathe";
  }

  @Override
  public String isa() {
    return Environment.of(runner.options()).isa().id();
  }

  @Override
  public double loadMs() {
    return loadMs;
  }

  @Override
  public Workload workload() {
    return Workload.of(name, this::runOnce);
  }

  private void runOnce() {
    if (invocation == null) {
      runner.run(inputs);
    } else {
      invocation.run(inputs, outputs);
    }
  }

  /** Whether one plan is run, which can be profiled and whose work is known. */
  boolean hasPlan() {
    return invocation != null;
  }

  private Invocation planned() {
    return Objects.requireNonNull(invocation, "a chain of plans has no profile");
  }

  @Override
  public List<Tensor> outputs() {
    return outputs;
  }

  List<Tensor> inputs() {
    return inputs;
  }

  List<String> outputNames() {
    return runner.outputs().stream().map(output -> output.name()).toList();
  }

  /** What one run does, node by node; nothing when it is not known ahead. */
  List<Profile.Work> work() {
    return invocation == null ? List.of() : Profile.work(invocation.plan());
  }

  Profile profile(int runs) {
    return Profile.of(planned(), inputs, outputs, runs);
  }

  /** Runs once and notes when it began and how long every step took. */
  Trace.Run trace() {
    StepTimes times = new StepTimes(planned().plan());
    long start = System.nanoTime();
    planned().run(inputs, outputs, times);
    return new Trace.Run(name, planned().plan().steps(), times, start);
  }

  @Override
  public void close() {
    if (invocation != null) {
      invocation.close();
    }
    runner.close();
    arena.close();
  }
}
