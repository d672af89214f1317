package dev.lathe.cli;

import dev.lathe.compress.recipe.Recipe;
import dev.lathe.compress.recipe.WatchedSamples;
import dev.lathe.compress.scheme.WeightCoder;
import dev.lathe.compress.share.ShareWeights;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import java.nio.file.Path;
import java.util.List;
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

/** {@code lathe share}. */
@Command(
    name = "share",
    description = {
      "Writes a copy of a float model whose weights share values, filters or whole tensors.",
      "It covers Conv, Gemm and MatMul with constant weights, never biases. Shared values and"
          + " filters are written out in full; the table counts the bytes of their codes.",
      "With --data, weights go to those values of a codebook that change the outputs of their"
          + " layers least, instead of to the nearest."
    },
    mixinStandardHelpOptions = true)
final class ShareCommand implements Callable<Integer> {

  /** What is shared. */
  enum Method {
    CODEBOOK,
    HASH,
    FILTERS,
    LAYERS
  }

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin EngineOptions engine;
  @Mixin CalibrationOptions calibration;
  @Mixin ModelOutput output;

  @Parameters(paramLabel = "MODEL", description = "A float ONNX file.")
  @Nullable Path model;

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      description = {
        "What is shared (default: codebook):",
        "codebook: --codes values that k-means finds;",
        "hash: --codes buckets that a hash of the place chooses;",
        "filters: filters of a layer within --tolerance of each other;",
        "layers: weights of one shape within --tolerance of each other."
      })
  Method method = Method.CODEBOOK;

  @Option(
      names = "--codes",
      paramLabel = "K",
      description = "Distinct values (default: 16 in a codebook; needed for hash).")
  @Nullable Integer codes;

  @Option(
      names = "--start",
      paramLabel = "START",
      description = "Of k-means: linear, density or kmeans++ (default: kmeans++).")
  @Nullable String start;

  @Option(
      names = "--granularity",
      paramLabel = "WHAT",
      description = "Weights of one codebook: tensor, channel or block:N (default: tensor).")
  @Nullable String granularity;

  @Option(names = "--seed", paramLabel = "N", description = "Of --method hash (default: 1).")
  @Nullable Long seed;

  @Option(
      names = "--tolerance",
      paramLabel = "T",
      description =
          "Largest distance of filters or layers that are tied, as a share of the longer one's"
              + " norm, from 0 to below 1.")
  @Nullable Double tolerance;

  @Option(
      names = "--nodes",
      paramLabel = "RE",
      description = "Share weights only of nodes whose name contains a match.")
  @Nullable Pattern nodes;

  @Option(
      names = "--exclude",
      paramLabel = "RE",
      description = "Leave nodes whose name contains a match as they are.")
  @Nullable Pattern exclude;

  @Option(names = "--dry-run", description = "Say what would be shared; write no model.")
  boolean dryRun;

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    Path from = Objects.requireNonNull(model);
    if (!dryRun) {
      output.check(common);
    }
    calibration.check(spec, calibration.data != null);
    Recipe.Step step = StepOptions.of(spec, calibration.data != null);
    if (!(step.compression() instanceof ShareWeights share)) {
      throw new IllegalStateException(step.toString());
    }
    Network original = ModelFiles.read(from);
    WatchedSamples samples = WatchedSamples.of(calibration.samples(original));
    WeightCoder.Result result =
        share.run(original, calibration.context(original, engine, console).withSamples(samples));
    CalibrationOptions.requireOpened(samples, share.describe());
    CodeTable.of(result.report()).lines().forEach(console::print);
    console.print("");
    BeforeAfter sizes = BeforeAfter.of(original, result.network());
    sizes.table().lines().forEach(console::print);
    console.print("");
    console.print(share.describe());
    result.kept().forEach(node -> console.print("kept: " + node));
    result.warnings().forEach(warning -> console.print("warning: " + warning));
    if (!dryRun) {
      Recipe recipe = new Recipe(List.of(step), calibration.sampling());
      output.write(Made.of(original, recipe, samples, result.network()), common);
      console.print("wrote " + output.file);
    }
    Map<String, Object> json = sizes.json();
    json.put("share", share.describe());
    json.putAll(result.report().json());
    JsonFile.write(common, json);
    return 0;
  }
}
