package dev.lathe.report.bench;

import dev.lathe.graph.Network;
import dev.lathe.graph.TensorFact;
import dev.lathe.measure.Workload;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.plan.StepTimes;
import dev.lathe.report.Environment;
import dev.lathe.report.Profile;
import dev.lathe.runtime.Invocation;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;

/** A model on Lathe, its inputs and outputs in native memory. */
final class LatheContender implements Contender {

  private final String name;
  private final Path model;
  private final NetworkRunner runner;
  private final Arena arena = Arena.ofShared();
  private final Invocation invocation;
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
    this.invocation = runner.prepare(facts(inputs));
    this.outputs =
        invocation.plan().outputs().stream()
            .map(fact -> Tensor.allocate(fact.dtype(), fact.shape(), arena))
            .toList();
    this.loadMs = (System.nanoTime() - start) / 1e6;
  }

  static LatheContender open(String name, Path model, BenchSetup setup) {
    long start = System.nanoTime();
    Network network = OnnxReader.read(model);
    NetworkRunner runner = new NetworkRunner(network, setup.options());
    try {
      return new LatheContender(name, model, runner, setup.inputs().of(network), start);
    } catch (RuntimeException failure) {
      runner.close();
      throw failure;
    }
  }

  private static List<TensorFact> facts(List<Tensor> tensors) {
    return tensors.stream().map(tensor -> TensorFact.constant(tensor)).toList();
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
    return Workload.of(name, () -> invocation.run(inputs, outputs));
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

  /** Multiply-accumulates of one run. */
  long macs() {
    return Profile.macs(invocation.plan());
  }

  Profile profile(int runs) {
    return Profile.of(invocation, inputs, outputs, runs);
  }

  /** Runs once and notes when it began and how long every step took. */
  Trace.Run trace() {
    StepTimes times = new StepTimes(invocation.plan());
    long start = System.nanoTime();
    invocation.run(inputs, outputs, times);
    return new Trace.Run(name, invocation.plan().steps(), times, start);
  }

  @Override
  public void close() {
    invocation.close();
    runner.close();
    arena.close();
  }
}
