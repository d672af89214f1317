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
import dev.lathe.measure.Effort;
import dev.lathe.measure.WarmUp;
import dev.lathe.quant.Range;
import dev.lathe.report.Environment;
import dev.lathe.report.Profile;
import dev.lathe.report.Repeated;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Climbs the ladder: makes one variant after the other, measures its accuracy on all samples and,
 * where its time means something, times it interleaved with the float original. Besides what others
 * are timed against, one variant is held at a time.
 */
public final class LadderRun implements AutoCloseable {

  private static final long OBSERVER_BYTES = 512L << 20;

  /**
   * What to compare and how.
   *
   * @param rungs the float original first
   * @param effort per comparison; at least 30 ABBA blocks
   */
  public record Setup(
      Network network,
      Samples samples,
      CalibrationMethod calibration,
      List<Rung> rungs,
      RunOptions options,
      Effort effort) {

    boolean onSparseLadder() {
      return rungs.getFirst().place() != null;
    }
  }

  /** What others are timed against. */
  private record Rival(Variant variant, Answers answers, Repeated repeated, double nanos) {}

  private final Setup setup;
  private final Commands commands;
  private final Progress progress;
  private final Map<String, Rival> rivals = new HashMap<>();

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
    long start = System.nanoTime();
    List<Row> rows = new ArrayList<>();
    try (LadderRun run = new LadderRun(setup, commands, progress)) {
      Tensor one = run.oneSample();
      Map<String, Range> ranges = Map.of();
      for (Rung rung : setup.rungs()) {
        if (rung.options() != null && ranges.isEmpty()) {
          ranges = run.calibrate(rung.options());
        }
        rows.add(run.row(Variant.of(rung, setup.network(), ranges, run.context()), one));
        run.update("rows", rows.size(), setup.rungs().size(), start);
      }
    }
    return rows;
  }

  private void update(String task, long done, long total, long start) {
    progress.update(
        new Progress.State(
            task, done, OptionalLong.of(total), Duration.ofNanos(System.nanoTime() - start)));
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
      return new Calibrator(plan.calibration(setup.calibration()), plan.observed(), OBSERVER_BYTES)
          .run(source, setup.network().graph().inputs(), samples.forCalibration(), progress);
    }
  }

  private Row row(Variant variant, Tensor one) {
    Rung rung = variant.rung();
    long start = System.nanoTime();
    NetworkRunner runner = new NetworkRunner(variant.network(), setup.options());
    Repeated repeated;
    Answers answers;
    double firstMs;
    try {
      Answers.requireClassifier(runner);
      runner.run(List.of(one));
      firstMs = (System.nanoTime() - start) / 1e6;
      answers = Answers.of(runner, setup.samples(), "accuracy " + rung.name(), progress);
      repeated = new Repeated(rung.name(), runner, List.of(one));
    } catch (RuntimeException failure) {
      runner.close();
      throw failure;
    }
    boolean kept = false;
    try {
      if (rung.simulated()) {
        return row(variant, accuracy(answers), null, null, repeated, null);
      }
      WarmUp warm = WarmUp.of(repeated.workload(), setup.effort().warmUp().toNanos());
      Rival own = new Rival(variant, truth(answers), repeated, warm.typicalNanos());
      if (rivals.isEmpty() || rung.name().equals(SparseLadder.INT8)) {
        rivals.put(rung.name(), own);
        kept = true;
      }
      Comparison comparison = compare(own, rival(SparseLadder.FP32), "time ");
      return row(
          variant,
          accuracy(answers),
          Timing.of(comparison, firstMs, warm),
          gain(own, comparison),
          repeated,
          setup.onSparseLadder() && !kept ? null : repeated.profile(warm));
    } finally {
      if (!kept) {
        repeated.close();
      }
    }
  }

  private Answers truth(Answers answers) {
    return setup.samples().evaluation().labelled() ? answers : answers.asTruth();
  }

  private Accuracy accuracy(Answers answers) {
    Answers original = rivals.isEmpty() ? truth(answers) : rival(SparseLadder.FP32).answers();
    return setup.samples().evaluation().labelled()
        ? Accuracy.of(Accuracy.TOP_1, answers, original)
        : Accuracy.of(Accuracy.AGREEMENT, answers.labelledBy(original), original);
  }

  private Rival rival(String name) {
    return Objects.requireNonNull(rivals.get(name));
  }

  private Comparison compare(Rival own, Rival other, String task) {
    long start = System.nanoTime();
    String name = own.variant().rung().name();
    return Comparison.of(
        own.repeated().workload(),
        other.repeated().workload(other.variant().rung().name() + ", again"),
        setup.effort().blocks(own.nanos() + other.nanos()),
        (done, of) -> update(task + name, done, of, start));
  }

  private @Nullable Gain gain(Rival own, Comparison overFloat) {
    Place place = own.variant().rung().place();
    if (place == null || own.variant().rung().isBaseline()) {
      return null;
    }
    Rival other = rival(place.against());
    boolean same = place.against().equals(SparseLadder.FP32);
    Comparison comparison =
        same ? overFloat : compare(own, other, "time against " + place.against() + ": ");
    return Gain.of(
        place,
        comparison.ratio(),
        own.repeated().kernels(),
        other.repeated().kernels(),
        own.repeated().forecasts().values());
  }

  private Row row(
      Variant variant,
      Accuracy accuracy,
      @Nullable Timing timing,
      @Nullable Gain gain,
      Repeated repeated,
      @Nullable Profile profile) {
    Variant original = rivals.isEmpty() ? variant : rival(SparseLadder.FP32).variant();
    return new Row(
        variant.rung(),
        variant.sizes(),
        variant.weightBytes(),
        (double) original.sizes().onnx() / variant.sizes().onnx(),
        (double) original.sizes().compact() / variant.sizes().compact(),
        (double) original.weightBytes() / variant.weightBytes(),
        variant.sparsity(),
        accuracy,
        timing,
        gain,
        repeated.kernels(),
        profile,
        commands.compare(variant.rung()),
        commands.make(variant.rung()),
        variant.warnings());
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
    rivals.values().forEach(rival -> rival.repeated().close());
  }
}
