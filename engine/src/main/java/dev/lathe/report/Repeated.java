package dev.lathe.report;

import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.measure.SeededInputs;
import dev.lathe.measure.WarmUp;
import dev.lathe.measure.Workload;
import dev.lathe.runtime.Invocation;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A network run again and again on the same inputs, all in native memory, so that nothing but the
 * network is timed. Closes the runner, too.
 */
public final class Repeated implements AutoCloseable {

  private static final long PROFILE_NANOS = 500_000_000;
  private static final int PROFILES = 7;

  /** Steps whose sum fell by less than this have stopped falling, */
  private static final double FALLEN = 0.02;

  /** for that part of the time and so many runs. */
  private static final int CALM = 8;

  private static final int CALM_RUNS = 25;

  private final String name;
  private final NetworkRunner runner;
  private final Arena arena = Arena.ofShared();
  private final Invocation invocation;
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;

  /** Plans the network for these inputs. */
  public Repeated(String name, NetworkRunner runner, List<Tensor> given) {
    this.name = name;
    this.runner = runner;
    this.inputs = given.stream().map(this::copy).toList();
    this.invocation = runner.prepare(inputs.stream().map(TensorFact::constant).toList());
    this.outputs =
        invocation.plan().outputs().stream()
            .map(fact -> Tensor.allocate(fact.dtype(), fact.shape(), arena))
            .toList();
  }

  /** Plans the network for seeded inputs of the shapes it declares, open dimensions 1. */
  public static Repeated seeded(String name, NetworkRunner runner) {
    List<Tensor> inputs = new ArrayList<>();
    for (TensorFact fact : runner.declaredFacts(1)) {
      String input = runner.inputs().get(inputs.size()).name();
      inputs.add(SeededInputs.of(input, fact, 1L + inputs.size()));
    }
    return new Repeated(name, runner, inputs);
  }

  private Tensor copy(Tensor input) {
    Tensor copy = Tensor.allocate(input.dtype(), input.shape(), arena);
    copy.data().copyFrom(input.data());
    return copy;
  }

  public Workload workload() {
    return workload(name);
  }

  /** The same under another name. */
  public Workload workload(String as) {
    return Workload.of(as, () -> invocation.run(inputs, outputs));
  }

  /** What runs, each once, in order. */
  public List<String> kernels() {
    return Profile.kernels(invocation.plan());
  }

  /** What was predicted of its layers with constant weights, by name. */
  public Map<String, SparseForecast> forecasts() {
    return invocation.plan().forecasts();
  }

  /** Times every step, for about half a second: medians of several profiles. */
  public Profile profile(WarmUp warm) {
    double nanos = Math.max(1, warm.typicalNanos());
    int runs = (int) Math.clamp(PROFILE_NANOS / nanos / PROFILES, 3, 1_000);
    return Profile.typical(
        IntStream.range(0, PROFILES)
            .mapToObj(i -> Profile.of(invocation, inputs, outputs, runs))
            .toList());
  }

  /**
   * Every step's shortest time, for forecasts that other work on the machine must not change: runs
   * until none has fallen for a while, as when the JIT compiler is done.
   *
   * @param most nanoseconds
   */
  public Map<String, Double> shortestMicros(long most) {
    long start = System.nanoTime();
    long fallen = start;
    double[] best = new double[0];
    double total = Double.POSITIVE_INFINITY;
    List<Profile.Step> steps = List.of();
    int calm = 0;
    while (System.nanoTime() - start < most
        && (calm < CALM_RUNS || System.nanoTime() - fallen < most / CALM)) {
      steps = Profile.of(invocation, inputs, outputs, 1).steps();
      if (best.length == 0) {
        best = new double[steps.size()];
        Arrays.fill(best, Double.POSITIVE_INFINITY);
      }
      for (int i = 0; i < best.length; i++) {
        best[i] = Math.min(best[i], steps.get(i).micros());
      }
      double now = Arrays.stream(best).sum();
      calm++;
      if (now < (1 - FALLEN) * total) {
        fallen = System.nanoTime();
        total = now;
        calm = 0;
      }
    }
    Map<String, Double> micros = new LinkedHashMap<>();
    for (int i = 0; i < best.length; i++) {
      micros.merge(steps.get(i).node(), best[i], Double::sum);
    }
    return micros;
  }

  @Override
  public void close() {
    invocation.close();
    runner.close();
    arena.close();
  }
}
