package dev.lathe.report.explain;

import dev.lathe.graph.TensorFact;
import dev.lathe.measure.Bootstrap;
import dev.lathe.measure.Comparison;
import dev.lathe.measure.SeededInputs;
import dev.lathe.measure.WarmUp;
import dev.lathe.measure.Workload;
import dev.lathe.report.Profile;
import dev.lathe.report.bench.Bandwidth;
import dev.lathe.report.bench.Peaks;
import dev.lathe.report.bench.Roofline;
import dev.lathe.runtime.Invocation;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/** Measures on this machine: layers side by side in interleaved ABBA blocks. */
public final class Stopwatch implements Gauge {

  private static final long PROFILE_NANOS = 1_000_000_000;
  private static final int PROFILES = 11;
  private static final long TRIAL_WARM_UP_NANOS = 1_200_000_000;
  private static final int ATTEMPTS = 3;

  /** An interval this much wider than its lower end was disturbed. */
  private static final double DISTURBED = 0.25;

  private final Duration warmUp;

  /**
   * @param warmUp of the whole model, at most
   */
  public Stopwatch(Duration warmUp) {
    this.warmUp = warmUp;
  }

  @Override
  public Profile profile(Invocation invocation, List<Tensor> inputs) {
    try (Arena arena = Arena.ofShared()) {
      List<Tensor> own = inputs.stream().map(input -> copy(input, arena)).toList();
      List<Tensor> outputs = outputs(invocation, arena);
      WarmUp warm =
          WarmUp.of(Workload.of("model", () -> invocation.run(own, outputs)), warmUp.toNanos());
      double nanos = Math.max(1, warm.typicalNanos());
      int runs = (int) Math.clamp(PROFILE_NANOS / nanos / PROFILES, 3, 1_000);
      return Profile.typical(
          IntStream.range(0, PROFILES)
              .mapToObj(i -> Profile.of(invocation, own, outputs, runs))
              .toList());
    }
  }

  @Override
  public Roofline roofline(int threads, Collection<String> kernels) {
    return new Roofline(Peaks.measure(threads, kernels), Bandwidth.measure(threads));
  }

  @Override
  public Bootstrap.Interval ratio(Variant before, Variant after) {
    try (Opened a = new Opened(before);
        Opened b = new Opened(after)) {
      Workload first = Workload.of("before", a::run);
      Workload second = Workload.of("after", b::run);
      Bootstrap.Interval best = null;
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        WarmUp.of(first, TRIAL_WARM_UP_NANOS);
        WarmUp.of(second, TRIAL_WARM_UP_NANOS);
        Bootstrap.Interval ratio =
            Comparison.of(first, second, Comparison.MIN_BLOCKS, (done, of) -> {}).ratio();
        best = best == null || width(ratio) < width(best) ? ratio : best;
        if (width(best) < DISTURBED) {
          break;
        }
      }
      return Objects.requireNonNull(best);
    }
  }

  private static double width(Bootstrap.Interval ratio) {
    return ratio.high() / ratio.low() - 1;
  }

  private static Tensor copy(Tensor tensor, Arena arena) {
    Tensor copy = Tensor.allocate(tensor.dtype(), tensor.shape(), arena);
    copy.data().copyFrom(tensor.data());
    return copy;
  }

  private static List<Tensor> outputs(Invocation invocation, Arena arena) {
    return invocation.plan().outputs().stream()
        .map(fact -> Tensor.allocate(fact.dtype(), fact.shape(), arena))
        .toList();
  }

  /** A variant ready to run on seeded inputs. */
  private static final class Opened implements AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final NetworkRunner runner;
    private final Invocation invocation;
    private final List<Tensor> inputs = new ArrayList<>();
    private final List<Tensor> outputs;

    Opened(Variant variant) {
      runner = new NetworkRunner(variant.network().get(), variant.options());
      List<TensorFact> facts = runner.declaredFacts(1);
      for (TensorFact fact : facts) {
        inputs.add(copy(SeededInputs.of(fact, inputs.size()), arena));
      }
      invocation = runner.prepare(facts);
      outputs = Stopwatch.outputs(invocation, arena);
    }

    void run() {
      invocation.run(inputs, outputs);
    }

    @Override
    public void close() {
      invocation.close();
      runner.close();
      arena.close();
    }
  }
}
