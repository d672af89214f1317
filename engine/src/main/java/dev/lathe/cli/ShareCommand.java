package dev.lathe.cli;

import dev.lathe.compress.scheme.WeightCoder;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.scheme.WeightSchemes;
import dev.lathe.compress.share.ShareMethod;
import dev.lathe.compress.share.ShareWeights;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import java.nio.file.Path;
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
  @Mixin CalibrationOptions samples;
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
    if (dryRun) {
      output.checkJson(common);
    } else {
      output.check(common);
    }
    samples.check();
    ShareWeights share = new ShareWeights(method(), nodes, exclude);
    Network original = ModelFiles.read(from);
    WeightCoder.Result result = share.run(original, samples.context(original, engine, console));
    CodeTable.of(result.report()).lines().forEach(console::print);
    console.print("");
    BeforeAfter sizes = BeforeAfter.of(original, result.network());
    sizes.table().lines().forEach(console::print);
    console.print("");
    console.print(share.describe());
    result.kept().forEach(node -> console.print("kept: " + node));
    result.warnings().forEach(warning -> console.print("warning: " + warning));
    if (!dryRun) {
      output.write(result.network(), common);
      console.print("wrote " + output.file);
    }
    Map<String, Object> json = sizes.json();
    json.put("share", share.describe());
    json.putAll(result.report().json());
    JsonFile.write(common, json);
    return 0;
  }

  private ShareMethod method() {
    boolean coded = method == Method.CODEBOOK || method == Method.HASH;
    refuse("--tolerance", coded && tolerance != null, "codes have none");
    refuse("--codes", !coded && codes != null, "whole filters and layers are shared");
    refuse("--granularity", !coded && granularity != null, "whole filters and layers are shared");
    refuse("--start", method != Method.CODEBOOK && start != null, "only k-means has a start");
    refuse("--seed", method != Method.HASH && seed != null, "only --method hash reads it");
    return switch (method) {
      case CODEBOOK -> codes("kmeans:" + (codes == null ? 16 : codes), start);
      case HASH -> codes("hash:" + require("--codes", codes), seed);
      case FILTERS -> new ShareMethod.Filters(require("--tolerance", tolerance));
      case LAYERS -> new ShareMethod.Layers(require("--tolerance", tolerance));
    };
  }

  private ShareMethod codes(String name, @Nullable Object setting) {
    return new ShareMethod.Codes(
        WeightSchemes.parse(setting == null ? name : name + "," + setting),
        granularity == null ? WeightGranularity.TENSOR : WeightGranularity.parse(granularity));
  }

  private <T> T require(String option, @Nullable T value) {
    if (value == null) {
      throw new UsageException(
          new Problem(
              option + " is missing",
              "--method " + method.name().toLowerCase(java.util.Locale.ROOT),
              "it says how much is shared",
              ""));
    }
    return value;
  }

  private static void refuse(String option, boolean given, String why) {
    if (given) {
      throw new UsageException(
          new Problem(option + " has no meaning here", "command line", why, "leave it out"));
    }
  }
}
