package dev.lathe.report.compare;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Progress;
import dev.lathe.compress.calibrate.CalibrationMethod;
import dev.lathe.compress.calibrate.Calibrator;
import dev.lathe.compress.calibrate.NetworkActivations;
import dev.lathe.compress.quantize.QuantizationPlan;
import dev.lathe.compress.quantize.QuantizeOptions;
import dev.lathe.compress.quantize.Quantizer;
import dev.lathe.data.Batch;
import dev.lathe.data.Batches;
import dev.lathe.error.InternalException;
import dev.lathe.error.Problem;
import dev.lathe.graph.Network;
import dev.lathe.measure.Comparison;
import dev.lathe.measure.WarmUp;
import dev.lathe.quant.Range;
import dev.lathe.report.Environment;
import dev.lathe.report.Profile;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Climbs the ladder: makes every variant, measures its accuracy on all samples, then times those
 * whose time means something, interleaved with the float original.
 */
public final class LadderRun implements AutoCloseable {

  private static final long OBSERVER_BYTES = 512L << 20;

  /**
   * What to compare and how.
   *
   * @param rungs the float original first
   * @param blocks ABBA blocks per comparison
   * @param warmUp most time to wait for the steady state of one variant
   */
  public record Setup(
      Network network,
      Samples samples,
      CalibrationMethod calibration,
      List<Rung> rungs,
      RunOptions options,
      int blocks,
      Duration warmUp) {}

  /** A variant after its accuracy was measured. */
  private record Measured(
      Variant variant,
      Accuracy accuracy,
      double firstMs,
      List<String> kernels,
      @Nullable Repeated repeated) {}

  private final Setup setup;
  private final Commands commands;
  private final Progress progress;
  private final Map<Rung, Measured> measured = new LinkedHashMap<>();
  private @Nullable Answers baseline;

  private LadderRun(Setup setup, Commands commands, Progress progress) {
    this.setup = setup;
    this.commands = commands;
    this.progress = progress;
  }

  /**
   * Runs the whole comparison.
   *
   * @throws dev.lathe.error.UnsupportedException when the network is no classifier
   */
  public static List<Row> of(Setup setup, Commands commands, Progress progress) {
    try (LadderRun run = new LadderRun(setup, commands, progress)) {
      Tensor one = run.oneSample();
      Map<String, Range> ranges = Map.of();
      for (Rung rung : setup.rungs()) {
        if (rung.options() != null && ranges.isEmpty()) {
          ranges = run.calibrate(rung.options());
        }
        run.measure(Variant.of(rung, setup.network(), ranges, run.context()), one);
      }
      return run.rows(run.time());
    }
  }

  /** What recipes may use: the samples that ranges are observed on. */
  private CompressionContext context() {
    return new CompressionContext(
        setup.samples().forCalibration(), setup.options(), OBSERVER_BYTES, progress);
  }

  private Tensor oneSample() {
    try (Batches batches =
        setup.samples().batches(setup.network().graph().inputs().getFirst(), 1)) {
      Batch batch = batches.next();
      if (batch == null) {
        throw new InternalException(Problem.of("a data set ended at once", "evaluation data"));
      }
      return batch.input();
    }
  }

  /** Ranges of all activations; the same for every rung, since only weights differ. */
  private Map<String, Range> calibrate(QuantizeOptions any) {
    QuantizationPlan plan = Quantizer.plan(setup.network(), any);
    Samples samples = setup.samples();
    try (NetworkActivations source =
        NetworkActivations.of(plan.network(), plan.observed(), setup.options())) {
      return new Calibrator(setup.calibration(), plan.observed(), OBSERVER_BYTES)
          .run(source, setup.network().graph().inputs(), samples.forCalibration(), progress);
    }
  }

  private void measure(Variant variant, Tensor one) {
    long start = System.nanoTime();
    NetworkRunner runner = new NetworkRunner(variant.network(), setup.options());
    try {
      Answers.requireClassifier(runner);
      runner.run(List.of(one));
      double firstMs = (System.nanoTime() - start) / 1e6;
      Answers answers =
          Answers.of(runner, setup.samples(), "accuracy " + variant.rung().name(), progress);
      Answers reference = baseline == null ? answers : baseline;
      baseline = reference;
      Repeated repeated = new Repeated(variant.rung().name(), runner, one);
      List<String> kernels = repeated.kernels();
      if (variant.rung().simulated()) {
        repeated.close();
      }
      measured.put(
          variant.rung(),
          new Measured(
              variant,
              Accuracy.of(answers, reference),
              firstMs,
              kernels,
              variant.rung().simulated() ? null : repeated));
    } catch (RuntimeException failure) {
      runner.close();
      throw failure;
    }
  }

  private record Timed(Timing timing, Profile profile) {}

  /** Times every variant that is not simulated against the first, and the first against itself. */
  private Map<Rung, Timed> time() {
    Map<Rung, Timed> timed = new LinkedHashMap<>();
    Repeated original = null;
    for (Measured each : measured.values()) {
      Repeated repeated = each.repeated();
      if (repeated == null) {
        continue;
      }
      original = original == null ? repeated : original;
      WarmUp warm = WarmUp.of(repeated.workload(), setup.warmUp().toNanos());
      String task = "time " + each.variant().rung().name();
      long start = System.nanoTime();
      Comparison comparison =
          Comparison.of(
              repeated.workload(),
              original.workload("fp32, again"),
              setup.blocks(),
              (done, of) ->
                  progress.update(
                      new Progress.State(
                          task,
                          done,
                          OptionalLong.of(of),
                          Duration.ofNanos(System.nanoTime() - start))));
      timed.put(
          each.variant().rung(),
          new Timed(Timing.of(comparison, each.firstMs(), warm), repeated.profile(warm)));
    }
    return timed;
  }

  private List<Row> rows(Map<Rung, Timed> timed) {
    List<Row> rows = new ArrayList<>();
    Variant original = measured.values().iterator().next().variant();
    for (Measured each : measured.values()) {
      Variant variant = each.variant();
      Timed times = timed.get(variant.rung());
      rows.add(
          new Row(
              variant.rung(),
              variant.sizes(),
              variant.weightBytes(),
              (double) original.sizes().onnx() / variant.sizes().onnx(),
              (double) original.sizes().compact() / variant.sizes().compact(),
              (double) original.weightBytes() / variant.weightBytes(),
              variant.sparsity(),
              each.accuracy(),
              times == null ? null : times.timing(),
              each.kernels(),
              times == null ? null : times.profile(),
              commands.compare(variant.rung()),
              commands.quantize(variant.rung()),
              variant.warnings()));
    }
    return rows;
  }

  /** The report of rows measured here. */
  public static LadderReport report(
      String model, Setup setup, Commands commands, List<Row> rows, List<String> remarks) {
    return new LadderReport(
        model,
        commands.whole(),
        Environment.of(setup.options()),
        rows,
        Method.sentences(setup, remarks));
  }

  @Override
  public void close() {
    measured
        .values()
        .forEach(
            each -> {
              if (each.repeated() != null) {
                each.repeated().close();
              }
            });
  }
}
