package dev.lathe.cli;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.factorize.FactorReport;
import dev.lathe.compress.factorize.Factorize;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.compress.recipe.Sampling;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe factorize}. */
@Command(
    name = "factorize",
    description = {
      "Writes a copy of a float model with Conv, Gemm and MatMul taken apart into products of low"
          + " rank. A layer that would not get cheaper stays and is named."
    },
    mixinStandardHelpOptions = true)
final class FactorizeCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin ModelOutput output;

  @Parameters(paramLabel = "MODEL", description = "A float ONNX file.")
  @Nullable Path model;

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      description =
          "svd (two products), spatial (a convolution along each axis) or tucker2 (a smaller"
              + " convolution between two of 1x1) (default: svd).")
  String method = "svd";

  @Option(
      names = "--energy",
      paramLabel = "E",
      description = "Keep this share of the squared norm of every weight, such as 0.95.")
  @Nullable Double energy;

  @Option(
      names = "--rank-ratio",
      paramLabel = "R",
      description = "Keep this share of the full rank, such as 0.5.")
  @Nullable Double rankRatio;

  @Option(
      names = "--break-even",
      description = "Keep the largest rank that saves multiply-accumulates.")
  boolean breakEven;

  @Option(
      names = "--nodes",
      paramLabel = "RE",
      description = "Only nodes whose name contains a match.")
  @Nullable Pattern nodes;

  @Option(
      names = "--exclude",
      paramLabel = "RE",
      description = "Leave nodes whose name contains a match as they are.")
  @Nullable Pattern exclude;

  @Option(names = "--dry-run", description = "Say what would be done; write no model.")
  boolean dryRun;

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    if (!dryRun) {
      output.check(common);
    }
    Recipe.Step step = StepOptions.of(spec, false);
    if (!(step.compression() instanceof Factorize factorize)) {
      throw new IllegalStateException(step.toString());
    }
    Network original = ModelFiles.read(Objects.requireNonNull(model));
    CompressionContext context = CompressionContext.none().withProgress(new ProgressLines(console));
    Factorize.Result result = factorize.run(original, context);
    table(result.report()).lines().forEach(console::print);
    console.print("");
    BeforeAfter sizes = BeforeAfter.of(original, result.network());
    sizes.table().lines().forEach(console::print);
    console.print("");
    console.print(factorize.describe());
    result.kept().forEach(node -> console.print("kept: " + node));
    if (!dryRun) {
      Recipe recipe = new Recipe(List.of(step), Sampling.STANDARD);
      output.write(Made.of(original, recipe, null, result.network()), common);
      console.print("wrote " + output.file);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("factorize", factorize.describe());
    json.putAll(sizes.json());
    json.put("layers", result.report().layers().stream().map(FactorizeCommand::json).toList());
    json.put("kept", result.kept());
    JsonFile.write(common, json);
    return 0;
  }

  private static Table table(FactorReport report) {
    Table table = new Table("node", "operator", "rank", "of", "energy", "MACs before", "after");
    for (FactorReport.Layer layer : report.layers()) {
      table.row(
          layer.node(),
          layer.op(),
          text(layer.ranks()),
          text(layer.full()),
          String.format(Locale.ROOT, "%.2f %%", 100 * layer.energy()),
          String.format(Locale.ROOT, "%,d", layer.macsBefore()),
          String.format(Locale.ROOT, "%,d", layer.macsAfter()));
    }
    return table;
  }

  private static String text(List<Integer> ranks) {
    return ranks.stream().map(String::valueOf).collect(Collectors.joining(" x "));
  }

  private static Map<String, Object> json(FactorReport.Layer layer) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", layer.node());
    json.put("op", layer.op());
    json.put("ranks", layer.ranks());
    json.put("full_ranks", layer.full());
    json.put("energy", layer.energy());
    json.put("macs_before", layer.macsBefore());
    json.put("macs", layer.macsAfter());
    return json;
  }
}
