package dev.lathe.cli;

import dev.lathe.compress.Agreement;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.recipe.MixedFile;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.sensitivity.Candidate;
import dev.lathe.compress.sensitivity.LayerSensitivity;
import dev.lathe.compress.sensitivity.MixedPrecision;
import dev.lathe.compress.sensitivity.Sensitivity;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import dev.lathe.onnx.OnnxReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe sensitivity}. */
@Command(
    name = "sensitivity",
    description = {
      "Measures how much each layer minds having its weights coded or pruned: one layer at a time,"
          + " by the Kullback-Leibler divergence of the outputs; then all layers together.",
      "With --bits or --max-kl it chooses a candidate per layer and measures the choice jointly."
    },
    mixinStandardHelpOptions = true)
final class SensitivityCommand implements Callable<Integer> {

  /** Divergence below which no candidate changes an answer, in nats. */
  private static final double SURE = 1e-6;

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin EngineOptions engine;
  @Mixin CalibrationOptions calibration;

  @Parameters(paramLabel = "MODEL", description = "A float ONNX file.")
  @Nullable Path model;

  @Option(
      names = "--candidates",
      paramLabel = "W",
      split = ";",
      description =
          "What to try, as --weights of 'quantize' spells it, or prune:0.5, prune:0.5,1x4,"
              + " prune:2:4 (smallest magnitudes), with semicolons between (default:"
              + " int8;int4;int2).")
  List<String> candidates = List.of("int8", "int4", "int2");

  @Option(
      names = "--granularity",
      paramLabel = "WHAT",
      description =
          "Weights that share a scale or codebook: tensor, channel or block:N (default: channel).")
  String granularity = "channel";

  @Option(
      names = "--bits",
      paramLabel = "B",
      description = "Choose candidates of at most B bits per weight on average, scales included.")
  @Nullable Double bits;

  @Option(
      names = "--max-kl",
      paramLabel = "NATS",
      description = "Choose the smallest candidates whose joint divergence is at most this.")
  @Nullable Double maxKl;

  @Option(
      names = "--mixed",
      paramLabel = "FILE",
      description = "Write the choice for 'quantize --mixed'; candidates are int2 to int8 then.")
  @Nullable Path mixed;

  @Option(
      names = "--nodes",
      paramLabel = "RE",
      description = "Only nodes whose name contains a match.")
  @Nullable Pattern nodes;

  @Option(
      names = "--exclude",
      paramLabel = "RE",
      description = "Not nodes whose name contains a match.")
  @Nullable Pattern exclude;

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    checkOptions();
    WeightGranularity groups = WeightGranularity.parse(granularity);
    List<Candidate> tried = candidates.stream().map(text -> Candidate.parse(text, groups)).toList();
    Network network = OnnxReader.read(Objects.requireNonNull(model));
    CompressionContext context = calibration.context(network, engine, console);
    context.requireSamples("sensitivity");
    Sensitivity sensitivity = Sensitivity.of(network, tried, nodes, exclude, context);
    List<LayerSensitivity> layers = sensitivity.layers(context.progress());
    table(layers).lines().forEach(console::print);
    sensitivity.kept().forEach(node -> console.print("kept: " + node));

    MixedPrecision precision = new MixedPrecision(layers);
    Map<String, MixedPrecision.Measured> joint = new LinkedHashMap<>();
    for (int i = 0; i < tried.size(); i++) {
      MixedPrecision.Choice uniform = precision.uniform(i);
      joint.put(
          candidates.get(i),
          new MixedPrecision.Measured(uniform, sensitivity.jointly(uniform.candidates())));
    }
    MixedPrecision.Measured chosen = choose(precision, sensitivity);
    if (chosen != null) {
      joint.put("mixed", chosen);
    }
    console.print("");
    console.print("all layers together, " + sensitivity.samples() + " samples:");
    jointTable(joint).lines().forEach(console::print);
    if (joint.values().stream().allMatch(all -> all.agreement().divergence().value() < SURE)) {
      console.print(
          "The model is so sure of its classes that KL hardly tells candidates apart: see the"
              + " cosine.");
    }
    Map<String, Object> json = json(sensitivity, layers, joint);
    if (chosen != null) {
      List<String> weights = weights(chosen);
      Map<String, Object> document =
          MixedFile.document(layers.stream().map(LayerSensitivity::nodes).toList(), weights);
      json.put("mixed", document);
      console.print("");
      IntStream.range(0, weights.size())
          .forEach(i -> console.print(weights.get(i) + "  " + layers.get(i).nodes().getFirst()));
      if (mixed != null) {
        JsonFile.write(mixed, document, common.force);
        console.print("wrote " + mixed);
      }
    }
    JsonFile.write(common, json);
    return 0;
  }

  private void checkOptions() {
    calibration.check(spec, calibration.data != null);
    if (bits != null && maxKl != null) {
      throw new UsageException(
          new Problem("two budgets", "--bits and --max-kl", "one decides", "give one of them"));
    }
    if ((bits != null && !(bits > 0)) || (maxKl != null && !(maxKl >= 0))) {
      throw new UsageException(Problem.of("a budget must be positive", "--bits, --max-kl"));
    }
    if (mixed != null) {
      OutputFile.check(mixed, common.force);
      boolean integers = candidates.stream().allMatch(name -> name.matches("int[2-8]"));
      if ((bits == null && maxKl == null) || !integers) {
        throw new UsageException(
            new Problem(
                "there is no choice that quantize could read",
                "--mixed",
                "it takes a budget, and candidates of int2 to int8",
                "give --bits or --max-kl, and candidates such as int8;int4"));
      }
    }
  }

  private MixedPrecision.@Nullable Measured choose(
      MixedPrecision precision, Sensitivity sensitivity) {
    if (bits != null) {
      return precision.withinBits(bits, sensitivity);
    }
    return maxKl == null ? null : precision.withinDivergence(maxKl, sensitivity);
  }

  private List<String> weights(MixedPrecision.Measured chosen) {
    return chosen.choice().candidates().stream().map(candidates::get).toList();
  }

  private Table table(List<LayerSensitivity> layers) {
    List<String> header = new ArrayList<>(List.of("node", "operator", "parameters"));
    candidates.forEach(name -> header.addAll(List.of("KL " + name, "top-1 " + name)));
    Table table = new Table(header.toArray(String[]::new));
    for (LayerSensitivity layer : layers) {
      List<String> row = new ArrayList<>();
      row.add(layer.nodes().getFirst());
      row.add(layer.op());
      row.add(String.format(Locale.ROOT, "%,d", layer.parameters()));
      for (LayerSensitivity.Cell cell : layer.cells()) {
        row.add(String.format(Locale.ROOT, "%.2e", cell.divergence()));
        row.add(String.format(Locale.ROOT, "%.1f %%", cell.agreement().topOne().value()));
      }
      table.row(row.toArray(String[]::new));
    }
    return table;
  }

  private static Table jointTable(Map<String, MixedPrecision.Measured> joint) {
    Table table =
        new Table("weights", "bits", "bytes", "KL", "95 %", "top-1 agreement", "95 %", "cosine");
    joint.forEach(
        (name, measured) -> {
          Agreement agreement = measured.agreement();
          table.row(
              name,
              String.format(Locale.ROOT, "%.2f", measured.choice().bits()),
              String.format(Locale.ROOT, "%,d", measured.choice().bytes()),
              String.format(Locale.ROOT, "%.2e", agreement.divergence().value()),
              String.format(
                  Locale.ROOT,
                  "%.2e to %.2e",
                  agreement.divergence().low(),
                  agreement.divergence().high()),
              String.format(Locale.ROOT, "%.1f %%", agreement.topOne().value()),
              String.format(
                  Locale.ROOT, "%.1f to %.1f", agreement.topOne().low(), agreement.topOne().high()),
              String.format(Locale.ROOT, "%.5f", agreement.cosine().value()));
        });
    return table;
  }

  private static Map<String, Object> json(
      Sensitivity sensitivity,
      List<LayerSensitivity> layers,
      Map<String, MixedPrecision.Measured> joint) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("samples", sensitivity.samples());
    json.put("layers", layers.stream().map(LayerSensitivity::json).toList());
    List<Map<String, Object>> together = new ArrayList<>();
    joint.forEach(
        (name, measured) -> {
          Map<String, Object> entry = new LinkedHashMap<>();
          entry.put("weights", name);
          entry.put("bits_per_weight", measured.choice().bits());
          entry.put("bytes", measured.choice().bytes());
          entry.putAll(measured.agreement().json());
          together.add(entry);
        });
    json.put("joint", together);
    json.put("kept", sensitivity.kept());
    return json;
  }
}
