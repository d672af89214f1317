package dev.lathe.cli;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Samples;
import dev.lathe.compress.calibrate.Calibrator;
import dev.lathe.compress.quantize.DynamicQuantize;
import dev.lathe.compress.quantize.QuantizationPlan;
import dev.lathe.compress.quantize.QuantizationReport;
import dev.lathe.compress.quantize.Quantize;
import dev.lathe.compress.quantize.QuantizeWeights;
import dev.lathe.compress.quantize.Quantizer;
import dev.lathe.compress.quantize.Repair;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.compress.recipe.WatchedSamples;
import dev.lathe.compress.scheme.CodeReport;
import dev.lathe.compress.scheme.WeightCoder;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe quantize}. */
@Command(
    name = "quantize",
    description = {
      "Writes a quantized copy of a float model, as ONNX in QDQ form.",
      "With --data, weights and activations become 8-bit integers; without, the weights only."
    },
    mixinStandardHelpOptions = true)
final class QuantizeCommand implements Callable<Integer> {

  /** What becomes of activations. */
  enum Activations {
    UINT8,
    INT8,
    UINT16,
    INT16,
    DYNAMIC,
    NONE
  }

  /** How a quantized model is written. */
  enum Format {
    QDQ,
    QOPERATOR
  }

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin ModelOutput output;
  @Mixin EngineOptions engine;
  @Mixin WeightOptions weights;
  @Mixin CalibrationOptions calibration;
  @Mixin RangeOptions ranges;

  @Parameters(paramLabel = "MODEL", description = "A float ONNX file.")
  @Nullable Path model;

  @Option(
      names = "--activations",
      paramLabel = "TYPE",
      description = {
        "${COMPLETION-CANDIDATES} (default: uint8 with --data, else none).",
        "uint16, int16: stored as integers, computed in float;",
        "dynamic: MatMul and Gemm quantize their input by its range in each run; needs no data."
      })
  @Nullable Activations activations;

  @Option(
      names = "--mixed",
      paramLabel = "FILE",
      description =
          "Widths of single layers, as 'sensitivity --mixed' writes them; --weights is for the"
              + " others.")
  @Nullable Path mixed;

  @Option(
      names = {"--nodes", "--nodes-to-quantize", "--nodes_to_quantize"},
      paramLabel = "RE",
      description = "Quantize only nodes whose name contains a match.")
  @Nullable Pattern nodes;

  @Option(
      names = {"--exclude", "--nodes-to-exclude", "--nodes_to_exclude"},
      paramLabel = "RE",
      description = "Leave nodes whose name contains a match in float.")
  @Nullable Pattern exclude;

  @Option(
      names = "--repair",
      paramLabel = "HOW",
      description = {
        "Keeps accuracy without training (default: none); some of, with commas between:",
        "equalize: ranges of channels are evened out between layers;",
        "smooth: outliers of normalized activations move into weights (with --data);",
        "bias: biases take up what the mean outputs lost (with --data);",
        "gptq: weights are rounded one by one, the others make up for the error (with --data);",
        "reconstruct: ranges and levels are chosen for the output of each layer (with --data)."
      })
  String repair = "none";

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = {
        "${COMPLETION-CANDIDATES} (default: qdq).",
        "qdq: QuantizeLinear and DequantizeLinear around float operators;",
        "qoperator: QLinearConv, QLinearMatMul and ONNX Runtime's QLinearAdd, QGemm and others."
      })
  Format format = Format.QDQ;

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    Path from = Objects.requireNonNull(model);
    output.check(common);
    calibration.check(spec, observes());
    ranges.check(calibration.data != null);
    if (activations == Activations.DYNAMIC && observes()) {
      throw new UsageException(
          new Problem(
              "dynamic activations are not calibrated",
              "--activations dynamic with --data or a calibration state",
              "their ranges are those of each run",
              "leave out the data, or --activations dynamic"));
    }
    Recipe.Step step = StepOptions.of(spec, observes());
    Network original = ModelFiles.read(from);
    switch (step.compression()) {
      case QuantizeWeights code -> {
        requireUse(false, code.describe());
        WeightCoder.Result coded = code.run(original, CompressionContext.none());
        write(original, coded, made(original, step, null, coded.network()), console);
      }
      case DynamicQuantize dynamic -> {
        Quantizer.Result result = dynamic.run(original, CompressionContext.none());
        Quantize.requireQuantized(original, result.report());
        Network made = made(original, step, null, result.network());
        write(original, made, result.report(), Set.of(), null, console);
      }
      case Quantize quantize -> {
        WatchedSamples samples = WatchedSamples.of(calibration.samples(original));
        CompressionContext context =
            calibration.context(original, engine, console).withSamples(samples);
        Quantize.Result result = quantize.run(original, context, plan -> calibrate(plan, console));
        boolean observed = samples != null && (result.calibrator() != null || samples.opened());
        requireUse(observed || result.calibrator() != null, quantize.describe());
        Network made =
            ranges.fromFiles()
                ? result.network()
                : made(original, step, observed ? samples : null, result.network());
        write(original, made, result.report(), quantize.repairs(), result.calibrator(), console);
      }
      default -> throw new IllegalStateException(step.toString());
    }
    return 0;
  }

  private Network made(
      Network original, Recipe.Step step, @Nullable Samples samples, Network network) {
    Recipe recipe = new Recipe(List.of(step), calibration.sampling());
    return Made.of(original, recipe, samples, network);
  }

  /** Writes a model of integers. */
  private void write(
      Network original,
      Network quantized,
      QuantizationReport report,
      Set<Repair> repairs,
      @Nullable Calibrator calibrator,
      Console console) {
    output.write(quantized, common);
    BeforeAfter sizes = BeforeAfter.of(original, quantized);
    sizes.table().lines().forEach(console::print);
    console.print("");
    console.print(
        report.weights().size()
            + " weights and "
            + report.activations().size()
            + " activations are integers: "
            + quantized.metadata().get(Quantizer.METADATA_KEY));
    if (!repairs.isEmpty()) {
      console.print("repaired: " + quantized.metadata().get(Quantizer.REPAIR_KEY));
    }
    if (calibrator != null) {
      console.print("calibration: " + calibrator.verdict());
    }
    report.floatNodes().forEach(node -> console.print("float: " + node));
    report.warnings().forEach(warning -> console.print("warning: " + warning));
    console.print("wrote " + output.file);
    Map<String, Object> json = json(sizes, report);
    json.put("repair", repairs.stream().map(Repair::spelling).toList());
    if (calibrator != null) {
      json.put("calibration", RangeOptions.json(calibrator));
    }
    JsonFile.write(common, json);
  }

  /** Writes weights whose code is not that of integer kernels. */
  private void write(Network original, WeightCoder.Result coded, Network made, Console console) {
    output.write(made, common);
    CodeTable.of(coded.report()).lines().forEach(console::print);
    console.print("");
    BeforeAfter sizes = BeforeAfter.of(original, made);
    sizes.table().lines().forEach(console::print);
    console.print("");
    console.print(coded.network().metadata().getOrDefault(Quantizer.METADATA_KEY, ""));
    coded.kept().forEach(node -> console.print("kept: " + node));
    coded.warnings().forEach(warning -> console.print("warning: " + warning));
    console.print("wrote " + output.file);
    Map<String, Object> json = sizes.json();
    json.put("weights", coded.report().layers().stream().map(CodeReport.Layer::json).toList());
    json.put("total", coded.report().total().json());
    json.put("float_nodes", coded.kept());
    json.put("warnings", coded.warnings());
    JsonFile.write(common, json);
  }

  /** Refuses data and states that nothing was made of. */
  private void requireUse(boolean observed, String method) {
    if (observes() && !observed) {
      throw new UsageException(
          new Problem(
              (calibration.data == null ? "a calibration state" : "--data")
                  + " has no meaning here",
              "command line",
              "'" + method + "' does not look at samples",
              "leave it out"));
    }
  }

  private boolean observes() {
    return calibration.data != null || ranges.fromFiles();
  }

  private Calibrator calibrate(QuantizationPlan plan, Console console) {
    return ranges.calibrate(
        plan,
        calibration.samples(plan.network()),
        calibration.maxMemory,
        engine.runOptions(),
        new ProgressLines(console));
  }

  private static Map<String, Object> json(BeforeAfter sizes, QuantizationReport report) {
    Map<String, Object> json = sizes.json();
    json.put("weights", report.weights().stream().map(QuantizeCommand::json).toList());
    json.put("quantized_activations", report.activations().size());
    json.put("float_nodes", report.floatNodes());
    json.put("warnings", report.warnings());
    return json;
  }

  private static Map<String, Object> json(QuantizationReport.Weight weight) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("node", weight.node());
    json.put("tensor", weight.tensor());
    json.put("range", List.of(weight.range().min(), weight.range().max()));
    json.put("sqnr_db", Double.isFinite(weight.error().sqnrDb()) ? weight.error().sqnrDb() : null);
    json.put("max_abs_error", weight.error().maxAbs());
    return json;
  }
}
