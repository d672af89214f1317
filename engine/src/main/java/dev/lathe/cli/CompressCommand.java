package dev.lathe.cli;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.compress.recipe.Sampling;
import dev.lathe.compress.recipe.WatchedSamples;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code lathe compress}. */
@Command(
    name = "compress",
    description = {
      "Writes what the steps of a recipe make of a model, one after another.",
      "A recipe is YAML: 'steps:' and under it verbs with their options, as in"
          + " '- prune: {sparsity: 0.5}' and '- quantize: {weights: int8}'."
    },
    mixinStandardHelpOptions = true)
final class CompressCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin ModelOutput output;
  @Mixin EngineOptions engine;
  @Mixin CalibrationOptions calibration;

  @Parameters(paramLabel = "MODEL", description = "An ONNX or .lathe file.")
  @Nullable Path model;

  @Option(
      names = "--recipe",
      required = true,
      paramLabel = "R",
      description = "The recipe. Its samples, batch and preprocess give way to options.")
  @Nullable Path recipe;

  @Option(names = "--dry-run", description = "Say what each step would do; write no model.")
  boolean dryRun;

  /** Prints steps and keeps what they made. */
  private static final class Steps implements Recipe.Listener {

    private final Console console;
    private final int total;
    private final Table table =
        new Table(
            "step", "what", "nodes", "constants", "zeros", "MACs", "ONNX bytes", "compact bytes");
    private final List<Map<String, Object>> json = new ArrayList<>();

    Steps(Console console, int total) {
      this.console = console;
      this.total = total;
    }

    @Override
    public void begins(int number, Recipe.Step step) {
      console.note(
          "step "
              + number
              + "/"
              + total
              + " "
              + step.name()
              + ": "
              + step.compression().describe());
    }

    @Override
    public void ended(int number, Recipe.Taken taken) {
      Recipe.Step step = taken.step();
      String what = step.compression().describe();
      BeforeAfter.Side side = BeforeAfter.Side.of(taken.outcome().network());
      row(number + " " + step.name(), what, taken.outcome().network(), side);
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("step", step.name());
      one.put("description", what);
      one.put("settings", step.settings());
      one.put("kept", taken.outcome().kept());
      one.put("warnings", taken.outcome().warnings());
      one.putAll(side.json());
      ScheduleText.put(one, ScheduleText.of(step.compression()));
      json.add(one);
    }

    void row(String name, String what, Network network, BeforeAfter.Side side) {
      table.row(
          name,
          what,
          grouped(network.graph().nodes().size()),
          grouped(side.inspection().parameters()),
          String.format(Locale.ROOT, "%.1f %%", 100 * side.inspection().sparsity()),
          grouped(side.inspection().macs()),
          grouped(side.sizes().onnx()),
          grouped(side.sizes().compact()));
    }
  }

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    if (!dryRun) {
      output.check(common);
    }
    calibration.check(spec, calibration.data != null);
    Recipe steps = Recipe.read(Objects.requireNonNull(recipe), calibration.data != null);
    Recipe planned = steps.withSampling(sampling(steps.sampling()));
    Network original = ModelFiles.read(Objects.requireNonNull(model));
    WatchedSamples samples =
        WatchedSamples.of(
            calibration.data == null ? null : planned.sampling().of(calibration.data, original));
    CompressionContext context =
        calibration.context(original, engine, console).withSamples(samples);
    Steps shown = new Steps(console, planned.steps().size());
    BeforeAfter.Side before = BeforeAfter.Side.of(original);
    shown.row("", "as it is", original, before);
    Recipe.Result result = planned.run(original, context, shown);
    CalibrationOptions.requireOpened(samples, planned.describe());
    shown.table.lines().forEach(console::print);
    if (dryRun) {
      planned
          .steps()
          .forEach(step -> ScheduleText.print(ScheduleText.of(step.compression()), console));
    }
    console.print("");
    result.kept().forEach(node -> console.print("kept: " + node));
    result.warnings().forEach(warning -> console.print("warning: " + warning));
    Network made = Made.of(original, planned, result.observed() ? samples : null, result.network());
    if (!dryRun) {
      output.write(made, common);
      console.print("wrote " + output.file);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("recipe", planned.text(result.observed()));
    json.putAll(new BeforeAfter(before, BeforeAfter.Side.of(made)).json());
    json.put("steps", shown.json);
    JsonFile.write(common, json);
    return 0;
  }

  /** The recipe's, but for what the command line says. */
  private Sampling sampling(Sampling recipe) {
    ParseResult given = spec.commandLine().getParseResult();
    return new Sampling(
        given.hasMatchedOption("--samples") ? calibration.samples : recipe.most(),
        given.hasMatchedOption("--batch") ? calibration.batch : recipe.batch(),
        given.hasMatchedOption("--preprocess") ? calibration.preprocess : recipe.preprocess());
  }

  private static String grouped(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
