package dev.lathe.compress.quantize;

import dev.lathe.compress.Compression;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Outcome;
import dev.lathe.compress.Samples;
import dev.lathe.compress.calibrate.CalibrationMethod;
import dev.lathe.compress.calibrate.CalibrationMethods;
import dev.lathe.compress.calibrate.Calibrator;
import dev.lathe.compress.calibrate.NetworkActivations;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Post-training quantization to the QDQ form, as one step: {@link Quantizer} with ranges observed
 * on samples.
 *
 * @param code a code the weights are brought to before, or null
 * @param calibration how ranges are chosen; not used when activations stay float
 * @param repairs what keeps accuracy; they need samples
 */
public record Quantize(
    QuantizeOptions options,
    @Nullable QuantizeWeights code,
    CalibrationMethod calibration,
    Set<Repair> repairs)
    implements Compression {

  /** The quantized network, what happened to its tensors, and what was observed, if anything. */
  public record Result(Network network, QuantizationReport report, @Nullable Calibrator calibrator)
      implements Outcome {

    @Override
    public List<String> kept() {
      return report.floatNodes();
    }

    @Override
    public List<String> warnings() {
      return report.warnings();
    }
  }

  /** Finds the ranges of a plan. */
  @FunctionalInterface
  public interface Ranges {

    /** What observed every value of {@link QuantizationPlan#observed}, which is not empty. */
    Calibrator observe(QuantizationPlan plan);
  }

  public Quantize {
    repairs = Set.copyOf(repairs);
  }

  /** Ranges by their extremes, no repair. */
  public static Quantize of(QuantizeOptions options) {
    return new Quantize(options, null, CalibrationMethods.minMax(), Set.of());
  }

  public Quantize withRepairs(Set<Repair> repairs) {
    return new Quantize(options, code, calibration, repairs);
  }

  @Override
  public String describe() {
    StringBuilder text = new StringBuilder();
    text.append(code == null ? "" : code.describe() + "; ");
    text.append("weights ").append(options.describeWeights());
    text.append("; activations ");
    text.append(
        options.activations() == null
            ? "float"
            : options.activations() + " by " + calibration.name());
    text.append(repairs.isEmpty() ? "" : "; repair " + Repair.describe(repairs));
    return text.toString();
  }

  @Override
  public Result run(Network network, CompressionContext context) {
    return run(network, context, plan -> observe(plan, context));
  }

  /**
   * Quantizes with ranges found elsewhere.
   *
   * @throws UsageException when no node is quantized
   */
  public Result run(Network network, CompressionContext context, Ranges ranges) {
    Network coded = code == null ? network : code.coded(network).network();
    QuantizationPlan plan = Quantizer.rescale(Quantizer.plan(coded, options), repairs, context);
    Calibrator calibrator = plan.observed().isEmpty() ? null : ranges.observe(plan);
    QuantizationPlan repaired = Quantizer.repair(plan, repairs, context);
    Quantizer.Result result =
        Quantizer.apply(repaired, calibrator == null ? Map.of() : calibrator.ranges());
    QuantizationReport report = result.report();
    requireQuantized(network, report);
    Network quantized =
        calibrator == null
            ? result.network()
            : result.network().withMetadata(Quantizer.CALIBRATION_KEY, calibrator.describe());
    return new Result(quantized, report, calibrator);
  }

  /** Fails when nothing was done. */
  public static void requireQuantized(Network network, QuantizationReport report) {
    if (report.weights().isEmpty() && report.activations().isEmpty()) {
      throw new UsageException(
          new Problem(
              "nothing was quantized",
              "graph '" + network.graph().name() + "'",
              "no node of an operator with an integer form is left",
              "check --nodes and --exclude; 'lathe inspect --layers' lists the nodes"));
    }
  }

  private Calibrator observe(QuantizationPlan plan, CompressionContext context) {
    Network prepared = plan.network();
    Samples samples = context.requireSamples("quantization of activations");
    Calibrator calibrator =
        new Calibrator(plan.calibration(calibration), plan.observed(), context.maxBytes());
    try (NetworkActivations source =
        NetworkActivations.of(prepared, plan.observed(), context.runOptions())) {
      calibrator.run(source, prepared.graph().inputs(), samples, context.progress());
    }
    return calibrator;
  }
}
