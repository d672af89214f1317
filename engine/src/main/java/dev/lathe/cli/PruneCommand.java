package dev.lathe.cli;

import dev.lathe.compress.Compression;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Outcome;
import dev.lathe.compress.prune.Prune;
import dev.lathe.compress.prune.PruneReport;
import dev.lathe.compress.prune.PruneSchedule;
import dev.lathe.compress.prune.RemoveChannels;
import dev.lathe.compress.prune.RemoveOperations;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.compress.recipe.WatchedSamples;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import dev.lathe.report.kernels.PruneForecast;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe prune}. */
@Command(
    name = "prune",
    description = {
      "Writes a copy of a float model without the weights that matter least.",
      "--granularity channel removes whole channels, operation whole layers and residual"
          + " branches, and the model gets smaller. All else sets weights to zero.",
      "It covers Conv, Gemm and MatMul with constant weights, never biases; the first convolution"
          + " and depthwise ones only when --nodes names them. Shapes stay as they are, also with"
          + " kernel and filter, and zeros are stored like other values: the file does not shrink."
    },
    mixinStandardHelpOptions = true)
final class PruneCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin ModelOutput output;
  @Mixin ChannelOptions channels;
  @Mixin CalibrationOptions calibration;
  @Mixin EngineOptions engine;

  @Parameters(paramLabel = "MODEL", description = "A float ONNX file.")
  @Nullable Path model;

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      description =
          "What goes first: l1 or l2 (smallest mean or root mean square magnitude), threshold"
              + " (every mean magnitude below --threshold), random, sampled (mean magnitude of"
              + " randomly drawn kernels, standardized) or, for channels, bn-gamma (scale of"
              + " BatchNormalization) (default: l1). With --data: sensitivity (least energy in the"
              + " output), greedy (one by one, least change of the layer's output) or obs (least"
              + " change once the others of the filter make up for it, which they then do; of"
              + " channels, what the layers that read them lose).")
  String method = "l1";

  @Option(
      names = "--granularity",
      paramLabel = "WHAT",
      description = {
        "Weights that become zero together (default: weight; with --target-speedup what pays):",
        "weight: each on its own;",
        "1x4: 4 neighboring input channels of one filter and tap;",
        "4x4: of 4 neighboring filters, and so on for other sizes;",
        "N:M, as in 2:4: each on its own, keeping N of M neighboring input channels;",
        "kernel: the taps between an input channel and a filter;",
        "filter: everything that makes one output channel;",
        "channel: channels leave the network with all that is coupled to them;",
        "operation: residual branches, and layers that keep the shape of their input, leave the"
            + " network, those first that change the outputs for --data least per"
            + " multiply-accumulate (--method greedy), down to --target-macs."
      })
  @Nullable String granularity;

  @Option(
      names = "--sparsity",
      paramLabel = "S",
      description =
          "Share of these groups that becomes zero, 0 to 1; with --target-speedup the most of them"
              + " (default there: 0.95).")
  @Nullable Double sparsity;

  @Option(
      names = "--target-speedup",
      paramLabel = "X",
      description =
          "Zero as little as is predicted to make the model X times as fast here, on one thread"
              + " unless --threads says otherwise; without --granularity in the pattern that loses"
              + " least. The speed is measured afterwards.")
  @Nullable Double targetSpeedup;

  @Option(
      names = "--threshold",
      paramLabel = "T",
      description = "With --method threshold: magnitudes below it become zero.")
  @Nullable Double threshold;

  @Option(
      names = "--schedule",
      paramLabel = "K:V,...",
      description =
          "Instead of --sparsity, how it grows while training goes on elsewhere:"
              + " start:0,end:1000,frequency:100,from:0,to:0.8,curve:cubic (or linear). The model"
              + " is pruned to the end at once; its metadata keeps the schedule, --dry-run and"
              + " --json give the sparsity of every pruning.")
  @Nullable String schedule;

  @Option(
      names = "--global",
      description =
          "Apply --sparsity to all layers together, by score over the layer's mean score, not to"
              + " each.")
  boolean global;

  @Option(
      names = "--nodes",
      paramLabel = "RE",
      description = "Prune only nodes whose name contains a match.")
  @Nullable Pattern nodes;

  @Option(
      names = "--exclude",
      paramLabel = "RE",
      description = "Leave nodes whose name contains a match as they are.")
  @Nullable Pattern exclude;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of --method random and sampled (default: ${DEFAULT-VALUE}).")
  long seed = 1;

  @Option(
      names = "--dry-run",
      description =
          "Say what would be pruned, how fast it would be here, and from which share of zeros on"
              + " every layer gains; write no model.")
  boolean dryRun;

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    Path from = Objects.requireNonNull(model);
    if (!dryRun) {
      output.check(common);
    }
    calibration.check(spec, calibration.data != null);
    boolean observes = calibration.data != null;
    Recipe.Step given = targetSpeedup == null ? StepOptions.of(spec, observes) : null;
    Network original = ModelFiles.read(from);
    TargetSpeedup target = targetSpeedup == null ? null : target(original, targetSpeedup, console);
    Recipe.Step step = target == null ? Objects.requireNonNull(given) : target.step();
    WatchedSamples samples = WatchedSamples.of(calibration.samples(original));
    CompressionContext context =
        calibration.context(original, engine, console).withSamples(samples);
    Outcome outcome = step.compression().run(original, context);
    CalibrationOptions.requireOpened(samples, step.compression().describe());
    Map<String, Object> json = show(console, original, step.compression(), outcome);
    List<PruneSchedule.Pruning> prunings = ScheduleText.of(step.compression());
    ScheduleText.put(json, prunings);
    if (dryRun) {
      ScheduleText.print(prunings, console);
    }
    if (outcome instanceof Prune.Result zeroed) {
      PruneForecast forecast =
          PruneForecast.of(outcome.network(), zeroed.report(), engine.runOptions(1));
      if (dryRun) {
        ForecastText.print(forecast, console);
      } else {
        ForecastText.warn(forecast, console);
      }
      json.put("forecast", forecast.json());
    }
    if (target != null) {
      target.report(original, outcome.network(), engine.runOptions(1), console, json);
    }
    if (!dryRun) {
      Recipe recipe = new Recipe(List.of(step), calibration.sampling());
      output.write(Made.of(original, recipe, samples, outcome.network()), common);
      console.print("wrote " + output.file);
    }
    JsonFile.write(common, json);
    return 0;
  }

  private TargetSpeedup target(Network original, double asked, Console console) {
    return TargetSpeedup.of(
        spec,
        original,
        engine.runOptions(1),
        asked,
        granularity == null ? "" : granularity,
        sparsity == null ? Double.NaN : sparsity,
        calibration.data != null,
        console);
  }

  private static Map<String, Object> show(
      Console console, Network original, Compression method, Outcome outcome) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("prune", method.describe());
    switch (outcome) {
      case Prune.Result zeroed -> {
        table(zeroed.report()).lines().forEach(console::print);
        json.putAll(json(zeroed.report()));
      }
      case RemoveChannels.Result removed -> {
        ChannelText.groups(removed.report()).lines().forEach(console::print);
        sizes(console, original, removed, json);
        json.putAll(ChannelText.json(removed.report()));
      }
      case RemoveOperations.Result removed -> {
        OperationText.table(removed.report()).lines().forEach(console::print);
        sizes(console, original, removed, json);
        json.putAll(OperationText.json(removed.report()));
      }
      default -> throw new IllegalStateException(method.describe());
    }
    console.print("");
    console.print(method.describe());
    outcome.kept().forEach(node -> console.print("kept: " + node));
    outcome.warnings().forEach(warning -> console.print("warning: " + warning));
    return json;
  }

  private static void sizes(
      Console console, Network original, Outcome smaller, Map<String, Object> json) {
    console.print("");
    BeforeAfter sizes = BeforeAfter.of(original, smaller.network());
    sizes.table().lines().forEach(console::print);
    json.putAll(sizes.json());
  }

  private static Table table(PruneReport report) {
    Table table =
        new Table("node", "operator", "parameters", "groups", "zeroed", "before", "after");
    report.layers().forEach(layer -> row(table, layer));
    row(table, report.total());
    return table;
  }

  private static void row(Table table, PruneReport.Layer layer) {
    table.row(
        layer.node(),
        layer.op(),
        String.format(Locale.ROOT, "%,d", layer.parameters()),
        String.format(Locale.ROOT, "%,d", layer.groups()),
        String.format(Locale.ROOT, "%,d", layer.zeroedGroups()),
        String.format(Locale.ROOT, "%.2f %%", 100 * layer.sparsityBefore()),
        String.format(Locale.ROOT, "%.2f %%", 100 * layer.sparsityAfter()));
  }

  private static Map<String, Object> json(PruneReport report) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("total", json(report.total()));
    json.put("layers", report.layers().stream().map(PruneCommand::json).toList());
    json.put("kept", report.kept());
    json.put("warnings", report.warnings());
    return json;
  }

  private static Map<String, Object> json(PruneReport.Layer layer) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", layer.node());
    json.put("op", layer.op());
    json.put("tensor", layer.tensor());
    json.put("parameters", layer.parameters());
    json.put("groups", layer.groups());
    json.put("zeroed_groups", layer.zeroedGroups());
    json.put("sparsity_before", layer.sparsityBefore());
    json.put("sparsity", layer.sparsityAfter());
    return json;
  }
}
