package dev.lathe.report.bench;

import dev.lathe.error.Problem;
import dev.lathe.error.ToleranceException;
import dev.lathe.file.ModelFiles;
import dev.lathe.measure.Comparison;
import dev.lathe.measure.Latency;
import dev.lathe.measure.Peer;
import dev.lathe.measure.WarmUp;
import dev.lathe.measure.Workload;
import dev.lathe.report.Difference;
import dev.lathe.report.Environment;
import dev.lathe.report.Profile;
import dev.lathe.report.Tolerance;
import dev.lathe.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Times models: opens all, compares their outputs with the peer's, warms all up, then times them
 * pair by pair in ABBA blocks, or a single one by itself.
 */
public final class BenchRun implements AutoCloseable {

  private static final long PROFILE_NANOS = 1_000_000_000;

  private final BenchSetup setup;
  private final BenchSetup.Progress progress;
  private final List<Contender> contenders = new ArrayList<>();
  private final Map<Contender, Double> firstMs = new LinkedHashMap<>();
  private final Map<Contender, List<Profile.Work>> work = new LinkedHashMap<>();
  private final Map<Contender, WarmUp> warm = new LinkedHashMap<>();
  private final Map<Contender, Latency> latencies = new LinkedHashMap<>();
  private final List<BenchReport.Agreement> agreements = new ArrayList<>();
  private final List<Comparison> comparisons = new ArrayList<>();

  private BenchRun(BenchSetup setup, BenchSetup.Progress progress) {
    this.setup = setup;
    this.progress = progress;
  }

  /**
   * Measures everything the setup asks for.
   *
   * @throws ToleranceException when outputs differ from the peer's beyond the tolerance; nothing is
   *     timed then
   */
  public static BenchReport of(BenchSetup setup, BenchSetup.Progress progress) {
    try (BenchRun run = new BenchRun(setup, progress)) {
      return run.measure();
    }
  }

  private BenchReport measure() {
    List<String> names = Names.of(setup.models());
    for (int i = 0; i < names.size(); i++) {
      open(names.get(i), setup.models().get(i));
    }
    Set<String> kernels =
        work.values().stream()
            .flatMap(List::stream)
            .flatMap(node -> node.kernels().stream())
            .collect(Collectors.toSet());
    Peaks before = Peaks.measure(setup.options().threads(), kernels);
    for (int i = 0; i < contenders.size(); i++) {
      Contender contender = contenders.get(i);
      progress.update("warm-up", i, contenders.size());
      warm.put(contender, WarmUp.of(contender.workload(), setup.effort().warmUp().toNanos()));
    }
    progress.update("warm-up", contenders.size(), contenders.size());
    if (contenders.size() == 1) {
      alone(contenders.getFirst());
    }
    pairs().forEach(pair -> compare(pair.getFirst(), pair.getLast()));
    Peaks peaks = Peaks.measure(setup.options().threads(), kernels).max(before);
    List<BenchReport.Run> runs =
        contenders.stream().map(contender -> run(contender, peaks)).toList();
    Map<String, Profile> profiles = new LinkedHashMap<>();
    Trace trace = new Trace();
    for (Contender contender : contenders) {
      if (contender instanceof LatheContender lathe && lathe.hasPlan()) {
        double nanos = Math.max(1, time(lathe));
        if (setup.profile()) {
          profiles.put(
              lathe.name(), lathe.profile((int) Math.clamp(PROFILE_NANOS / nanos, 5, 1_000)));
        }
        for (int i = 0; i < setup.traces(); i++) {
          trace.add(lathe.trace());
        }
      }
    }
    return new BenchReport(
        Environment.of(setup.options()),
        peaks,
        setup.profile() ? Bandwidth.measure(setup.options().threads()) : Bandwidth.NONE,
        setup.peer() == null ? "" : setup.peer().description(),
        runs,
        agreements,
        comparisons,
        profiles,
        trace);
  }

  private void open(String name, Path model) {
    LatheContender lathe = LatheContender.open(name, model, setup);
    add(lathe, lathe.work());
    Peer peer = setup.peer();
    if (peer == null) {
      return;
    }
    PeerContender other =
        PeerContender.open(
            name + " on " + peer.id(), model, peer, setup.options().threads(), lathe.inputs());
    add(other, lathe.work());
    agreements.add(agreement(lathe, other));
  }

  private void add(Contender contender, List<Profile.Work> nodes) {
    contenders.add(contender);
    work.put(contender, nodes);
    Workload workload = contender.workload();
    long start = System.nanoTime();
    workload.run();
    firstMs.put(contender, (System.nanoTime() - start) / 1e6);
  }

  private BenchReport.Agreement agreement(LatheContender lathe, PeerContender other) {
    List<String> names = lathe.outputNames();
    List<Tensor> expected = other.outputs();
    Difference difference = Difference.NONE;
    List<Problem> problems = new ArrayList<>();
    double tolerance = tolerance(Path.of(lathe.model()));
    for (int i = 0; i < names.size(); i++) {
      Difference one = Difference.of(names.get(i), lathe.outputs().get(i), expected.get(i));
      if (!one.isWithin(tolerance)) {
        problems.add(
            new Problem(
                "output '%s' differs from %s by %.3g (%.3g of its largest value)"
                    .formatted(names.get(i), other.engine(), one.maxAbs(), one.relative()),
                lathe.model(),
                "at most %.3g of the largest value is tolerated; a ratio of times of different"
                        .formatted(tolerance)
                    + " results says nothing",
                "report it, or give a wider --tolerance"));
      }
      difference = difference.plus(one);
    }
    if (!problems.isEmpty()) {
      throw new ToleranceException(problems);
    }
    return new BenchReport.Agreement(lathe.name(), other.name(), difference, tolerance);
  }

  private double tolerance(Path model) {
    Double given = setup.tolerance();
    return given != null ? given : Tolerance.of(ModelFiles.read(model));
  }

  /** Every model with every other one, and each with its own peer. */
  private List<List<Contender>> pairs() {
    List<List<Contender>> pairs = new ArrayList<>();
    for (int i = 0; i < contenders.size(); i++) {
      for (int j = i + 1; j < contenders.size(); j++) {
        Contender a = contenders.get(i);
        Contender b = contenders.get(j);
        boolean peers = a instanceof LatheContender && b instanceof PeerContender && j == i + 1;
        if (peers || (a instanceof LatheContender && b instanceof LatheContender)) {
          pairs.add(List.of(a, b));
        }
      }
    }
    return pairs;
  }

  private void alone(Contender contender) {
    int count = setup.effort().runs(time(contender));
    double[] nanos = new double[count];
    Workload workload = contender.workload();
    for (int i = 0; i < count; i++) {
      long start = System.nanoTime();
      workload.run();
      nanos[i] = System.nanoTime() - start;
      progress.update("runs", i + 1, count);
    }
    latencies.put(contender, Latency.of(nanos));
  }

  private void compare(Contender a, Contender b) {
    String task = a.name() + " and " + b.name();
    Comparison comparison =
        Comparison.of(
            a.workload(),
            b.workload(),
            setup.effort().blocks(time(a) + time(b)),
            (done, of) -> progress.update(task, done, of));
    comparisons.add(comparison);
    latencies.putIfAbsent(a, comparison.latencyA());
    latencies.putIfAbsent(b, comparison.latencyB());
  }

  private double time(Contender contender) {
    WarmUp done = warm.get(contender);
    return done == null ? 0 : done.typicalNanos();
  }

  private BenchReport.Run run(Contender contender, Peaks peaks) {
    List<Profile.Work> nodes = work.getOrDefault(contender, List.of());
    WarmUp done = java.util.Objects.requireNonNull(warm.get(contender));
    return new BenchReport.Run(
        contender.name(),
        contender.model(),
        contender.engine(),
        setup.options().threads(),
        contender.isa(),
        java.util.Objects.requireNonNull(latencies.get(contender)),
        nodes.stream().mapToLong(Profile.Work::macs).sum(),
        contender.loadMs(),
        firstMs.getOrDefault(contender, 0.0),
        done,
        peaks.gmacs(nodes));
  }

  @Override
  public void close() {
    contenders.forEach(Contender::close);
  }
}
