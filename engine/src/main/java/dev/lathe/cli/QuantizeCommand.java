package dev.lathe.cli;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.calibrate.Calibrator;
import dev.lathe.compress.quantize.DynamicQuantize;
import dev.lathe.compress.quantize.QuantizationPlan;
import dev.lathe.compress.quantize.QuantizationReport;
import dev.lathe.compress.quantize.QuantizeOptions;
import dev.lathe.compress.quantize.QuantizeWeights;
import dev.lathe.compress.quantize.Quantizer;
import dev.lathe.compress.quantize.Repair;
import dev.lathe.compress.scheme.CodeReport;
import dev.lathe.compress.scheme.WeightCoder;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import dev.lathe.quant.Levels;
import dev.lathe.tensor.DType;
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
    DYNAMIC,
    NONE
  }

  /** How a quantized model is written. */
  enum Format {
    QDQ
  }

  /** Key of the metadata that says which samples the ranges come from. */
  private static final String CALIBRATION_KEY = "lathe.calibrate";

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
      description = "${COMPLETION-CANDIDATES} (default: qdq).")
  Format format = Format.QDQ;

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    Path from = Objects.requireNonNull(model);
    output.check(common);
    checkOptions();
    Set<Repair> repairs = Repair.parse(repair);
    if (!repairs.isEmpty() && (!weights.areIntegers() || isDynamic())) {
      throw new UsageException(
          new Problem(
              "no repair for these weights",
              "--repair " + repair,
              "it chooses among the levels of integers of 2 to 8 bits, affine or symmetric, with a"
                  + " scale per tensor or channel, in the QDQ form",
              "use int2 to int8, or leave out --repair"));
    }
    Network original = ModelFiles.read(from);
    if (isDynamic()) {
      Quantizer.Result dynamic =
          new DynamicQuantize(options()).run(original, CompressionContext.none());
      return write(original, dynamic, repairs, null, console);
    }
    WeightCoder.Result coded =
        weights.areIntegers()
            ? null
            : new QuantizeWeights(weights.scheme(), weights.granularity(), nodes, exclude)
                .run(original, CompressionContext.none());
    if (coded != null && !observes()) {
      return write(original, coded, console);
    }
    QuantizationPlan whole = Quantizer.plan(coded == null ? original : coded.network(), options());
    CompressionContext context = calibration.context(whole.network(), engine, console);
    QuantizationPlan plan = Quantizer.rescale(whole, repairs, context);
    Calibrator calibrator = calibrate(plan, console);
    QuantizationPlan repaired = Quantizer.repair(plan, repairs, context);
    Quantizer.Result result =
        Quantizer.apply(repaired, calibrator == null ? Map.of() : calibrator.ranges());
    return write(original, result, repairs, calibrator, console);
  }

  private boolean isDynamic() {
    return activations == Activations.DYNAMIC;
  }

  /** Writes a model of integers. */
  private int write(
      Network original,
      Quantizer.Result result,
      Set<Repair> repairs,
      @Nullable Calibrator calibrator,
      Console console) {
    if (result.report().weights().isEmpty() && result.report().activations().isEmpty()) {
      throw new UsageException(
          new Problem(
              "nothing was quantized",
              String.valueOf(model),
              "no node of an operator with an integer form is left",
              "check --nodes and --exclude; 'lathe inspect --layers' lists the nodes"));
    }
    Network quantized =
        calibrator == null
            ? result.network()
            : result.network().withMetadata(CALIBRATION_KEY, calibrator.describe());
    output.write(quantized, common);
    BeforeAfter sizes = BeforeAfter.of(original, quantized);
    sizes.table().lines().forEach(console::print);
    QuantizationReport report = result.report();
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
    return 0;
  }

  /** Writes weights that no integer kernel knows, as float values. */
  private int write(Network original, WeightCoder.Result coded, Console console) {
    output.write(coded.network(), common);
    CodeTable.of(coded.report()).lines().forEach(console::print);
    console.print("");
    BeforeAfter sizes = BeforeAfter.of(original, coded.network());
    sizes.table().lines().forEach(console::print);
    console.print("");
    console.print(
        coded.network().metadata().get(Quantizer.METADATA_KEY)
            + ", written as the float values they stand for");
    coded.kept().forEach(node -> console.print("kept: " + node));
    coded.warnings().forEach(warning -> console.print("warning: " + warning));
    console.print("wrote " + output.file);
    Map<String, Object> json = sizes.json();
    json.put("weights", coded.report().layers().stream().map(CodeReport.Layer::json).toList());
    json.put("total", coded.report().total().json());
    json.put("float_nodes", coded.kept());
    json.put("warnings", coded.warnings());
    JsonFile.write(common, json);
    return 0;
  }

  private void checkOptions() {
    boolean calibrated = activations == Activations.UINT8 || activations == Activations.INT8;
    if (!observes() && calibrated) {
      throw new UsageException(
          new Problem(
              "activations need data to calibrate with",
              "--activations " + activations,
              "their ranges are observed, not guessed",
              "give --data D, or --activations dynamic or none"));
    }
    if (isDynamic() && observes()) {
      throw new UsageException(
          new Problem(
              "dynamic activations are not calibrated",
              "--activations dynamic with --data or a calibration state",
              "their ranges are those of each run",
              "leave out the data, or --activations dynamic"));
    }
    if (mixed != null && !weights.areIntegers()) {
      throw new UsageException(
          new Problem(
              "widths of layers need integer weights",
              "--weights " + weights.weights + " with --mixed",
              "they are levels of the same scheme",
              "use int2 to int8 for the other layers"));
    }
    if (isDynamic() && !weights.areIntegers()) {
      throw new UsageException(
          new Problem(
              "dynamic activations need integer weights",
              "--weights " + weights.weights + " with --activations dynamic",
              "they are multiplied as 8-bit integers with a scale per tensor or channel",
              "use int2 to int8"));
    }
    calibration.check();
    ranges.check(calibration.data != null);
    if (observes() && !weights.areIntegers() && weights.scheme().bits() > Levels.MAX_BITS) {
      throw new UsageException(
          new Problem(
              "integer activations need weights of at most 8 bits",
              "--weights " + weights.weights + " with --data",
              "both run as 8-bit integers, which would round the weights again",
              "leave out --data, or give fewer bits"));
    }
  }

  private QuantizeOptions options() {
    return weights
        .integers()
        .withActivations(activationType())
        .withNodes(nodes, exclude)
        .withLayers(mixed == null ? List.of() : MixedFile.read(mixed));
  }

  private @Nullable DType activationType() {
    if (!observes()) {
      return null;
    }
    return switch (activations == null ? Activations.UINT8 : activations) {
      case UINT8 -> DType.UINT8;
      case INT8 -> DType.INT8;
      case DYNAMIC, NONE -> null;
    };
  }

  private boolean observes() {
    return calibration.data != null || ranges.fromFiles();
  }

  private @Nullable Calibrator calibrate(QuantizationPlan plan, Console console) {
    return plan.observed().isEmpty()
        ? null
        : ranges.calibrate(
            plan.network(),
            plan.observed(),
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
