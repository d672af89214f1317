package dev.lathe.cli;

import dev.lathe.compress.prune.Budget;
import dev.lathe.compress.prune.ChannelScores;
import dev.lathe.compress.prune.Granularities;
import dev.lathe.compress.prune.Granularity;
import dev.lathe.compress.prune.Prune;
import dev.lathe.compress.prune.PruneMethod;
import dev.lathe.compress.prune.PruneMethods;
import dev.lathe.compress.prune.PruneReport;
import dev.lathe.compress.prune.RemoveChannels;
import dev.lathe.compress.prune.Share;
import dev.lathe.compress.prune.Threshold;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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
      "--granularity channel removes whole channels, and the model gets smaller. All else sets"
          + " weights to zero.",
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
        "Weights that become zero together (default: weight):",
        "weight: each on its own;",
        "1x4: 4 neighboring input channels of one filter and tap;",
        "4x4: of 4 neighboring filters, and so on for other sizes;",
        "N:M, as in 2:4: each on its own, keeping N of M neighboring input channels;",
        "kernel: the taps between an input channel and a filter;",
        "filter: everything that makes one output channel;",
        "channel: channels leave the network with all that is coupled to them."
      })
  String granularity = "weight";

  @Option(
      names = "--sparsity",
      paramLabel = "S",
      description = "Share of these groups that becomes zero, 0 to 1.")
  @Nullable Double sparsity;

  @Option(
      names = "--threshold",
      paramLabel = "T",
      description = "With --method threshold: magnitudes below it become zero.")
  @Nullable Double threshold;

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
      description = "Of --method random (default: ${DEFAULT-VALUE}).")
  long seed = 1;

  @Option(names = "--dry-run", description = "Say what would be pruned; write no model.")
  boolean dryRun;

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    Path from = Objects.requireNonNull(model);
    if (dryRun) {
      output.checkJson(common);
    } else {
      output.check(common);
    }
    if (granularity.equals("channel")) {
      return removeChannels(console, ModelFiles.read(from));
    }
    channels.refuse();
    Prune prune = settings();
    calibration.check();
    refuse(
        "--data",
        calibration.data != null && !prune.score().observes(),
        "only sensitivity, greedy and obs look at samples");
    Network original = ModelFiles.read(from);
    Prune.Result result = prune.run(original, calibration.context(original, engine, console));
    PruneReport report = result.report();
    table(report).lines().forEach(console::print);
    console.print("");
    console.print(prune.describe());
    report.kept().forEach(node -> console.print("kept: " + node));
    report.warnings().forEach(warning -> console.print("warning: " + warning));
    write(console, result.network());
    JsonFile.write(common, json(prune, report));
    return 0;
  }

  private int removeChannels(Console console, Network original) {
    calibration.check();
    refuse("--threshold", threshold != null, "channels are removed by share or by MACs");
    RemoveChannels removal =
        new RemoveChannels(
            ChannelScores.parse(method, seed),
            channels.budget(sparsity, global),
            nodes,
            exclude,
            channels.reconstruct);
    RemoveChannels.Result result =
        removal.run(original, calibration.context(original, engine, console));
    ChannelText.groups(result.report()).lines().forEach(console::print);
    console.print("");
    BeforeAfter sizes = BeforeAfter.of(original, result.network());
    sizes.table().lines().forEach(console::print);
    console.print("");
    console.print(removal.describe());
    result.kept().forEach(node -> console.print("kept: " + node));
    write(console, result.network());
    JsonFile.write(common, ChannelText.json(removal.describe(), sizes, result.report()));
    return 0;
  }

  private void write(Console console, Network network) {
    if (!dryRun) {
      output.write(network, common);
      console.print("wrote " + output.file);
    }
  }

  private Prune settings() {
    PruneMethod chosen = PruneMethods.parse(method);
    Granularity pattern = Granularities.parse(granularity);
    return new Prune(chosen.score().apply(seed), pattern, budget(chosen, pattern), nodes, exclude);
  }

  private Budget budget(PruneMethod chosen, Granularity pattern) {
    Budget fixed = pattern.budget();
    if (fixed != null) {
      String why = "granularity " + pattern.name() + " itself says how much is zeroed";
      refuse("--sparsity", sparsity != null, why);
      refuse("--threshold", threshold != null, why);
      refuse("--method threshold", chosen.byThreshold(), why);
      refuse("--global", global, why);
      return fixed;
    }
    if (chosen.byThreshold()) {
      refuse("--sparsity", sparsity != null, "the threshold says how much is zeroed");
      refuse("--global", global, "the threshold is the same for all layers anyway");
      return new Threshold(require("--threshold", threshold));
    }
    refuse("--threshold", threshold != null, "only --method threshold reads it");
    return new Share(require("--sparsity", sparsity), global);
  }

  private static double require(String option, @Nullable Double value) {
    if (value == null) {
      throw new UsageException(
          new Problem(option + " is missing", "command line", "it says how much is zeroed", ""));
    }
    return value;
  }

  private static void refuse(String option, boolean given, String why) {
    if (given) {
      throw new UsageException(
          new Problem(option + " has no meaning here", "command line", why, "leave it out"));
    }
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

  private static Map<String, Object> json(Prune prune, PruneReport report) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("prune", prune.describe());
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
