package dev.lathe.cli;

import dev.lathe.compress.Progress;
import dev.lathe.compress.Samples;
import dev.lathe.compress.calibrate.CalibrationMethods;
import dev.lathe.compress.calibrate.Calibrator;
import dev.lathe.compress.calibrate.NetworkActivations;
import dev.lathe.compress.calibrate.SampleVerdict;
import dev.lathe.compress.quantize.QuantizationPlan;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import dev.lathe.runtime.RunOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the ranges of activations are chosen and kept. */
final class RangeOptions {

  @Option(
      names = "--calibrate",
      paramLabel = "METHOD",
      description = {
        "How the range of an activation is chosen (default: minmax):",
        "minmax: the extremes seen;",
        "average: the moving average of each batch's extremes;",
        "percentile:99.99: leaves out the rarest values;",
        "entropy: least Kullback-Leibler divergence;",
        "mse: least squared error."
      })
  String method = "minmax";

  @Option(
      names = "--calibration-state",
      paramLabel = "FILE",
      description =
          "Keep what was observed in this file. If it exists, go on from it: samples it has seen"
              + " are not observed again, others are added, and --data is not needed.")
  @Nullable Path state;

  @Option(
      names = "--merge-calibration",
      paramLabel = "FILE",
      description =
          "Add what another run on other samples of the same model kept; may be repeated, and the"
              + " order matters to average only.")
  List<Path> merged = List.of();

  /** Whether ranges come from files, whatever data there is. */
  boolean fromFiles() {
    return !merged.isEmpty() || (state != null && Files.exists(state));
  }

  /** Checks what can be told without reading anything. */
  void check(boolean data) {
    if (state != null && !data && !fromFiles()) {
      throw new UsageException(
          new Problem(
              "no such calibration state", state.toString(), "no data was given", "give --data D"));
    }
    CalibrationMethods.parse(method);
    if (state != null) {
      OutputFile.check(state, true);
    }
  }

  /** Observes samples, if there are any, and takes in earlier calibrations. */
  Calibrator calibrate(
      QuantizationPlan plan,
      @Nullable Samples samples,
      long maxMemory,
      RunOptions options,
      Progress progress) {
    Network network = plan.network();
    Set<String> observed = plan.observed();
    Calibrator calibrator =
        new Calibrator(plan.calibration(CalibrationMethods.parse(method)), observed, maxMemory);
    if (state != null) {
      calibrator.keepIn(state, network);
    }
    merged.forEach(file -> calibrator.merge(file, network));
    if (samples != null) {
      try (NetworkActivations source = NetworkActivations.of(network, observed, options)) {
        calibrator.run(source, network.graph().inputs(), samples, progress);
      }
    }
    if (calibrator.samples() == 0) {
      throw new UsageException(
          new Problem("no samples were observed", "the calibration state", "", "give --data D"));
    }
    return calibrator;
  }

  static Map<String, Object> json(Calibrator calibrator) {
    SampleVerdict verdict = calibrator.verdict();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("calibration", calibrator.describe());
    json.put("samples", verdict.samples());
    json.put("enough", verdict.enough());
    json.put("compared_with_samples", verdict.earlier());
    json.put("ranges", verdict.ranges());
    json.put("moving_ranges", verdict.moving());
    json.put("moving_limit_percent", SampleVerdict.LIMIT);
    json.put("largest_move_percent", verdict.worstPercent());
    json.put("largest_move", verdict.worst());
    return json;
  }
}
