package dev.lathe.cli;

import dev.lathe.compress.prune.Prune;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import dev.lathe.measure.Bootstrap;
import dev.lathe.measure.Comparison;
import dev.lathe.measure.Effort;
import dev.lathe.measure.WarmUp;
import dev.lathe.report.Repeated;
import dev.lathe.report.kernels.SpeedTarget;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;

/**
 * {@code lathe prune --target-speedup}: chooses how much is pruned, and measures what it gained.
 */
final class TargetSpeedup {

  private static final double MOST = 0.95;
  private static final Effort EFFORT =
      new Effort(Duration.ofSeconds(2), Duration.ofSeconds(3), 0, 0);

  private final SpeedTarget.Choice choice;
  private final Recipe.Step step;

  private TargetSpeedup(SpeedTarget.Choice choice, Recipe.Step step) {
    this.choice = choice;
    this.step = step;
  }

  /**
   * Searches with the settings of the command line, where weights go by magnitude.
   *
   * @param granularity the user gave, or empty
   * @param most zeros the user allows, or NaN
   * @param samples whether there are samples to observe
   */
  static TargetSpeedup of(
      CommandSpec spec,
      Network network,
      RunOptions options,
      double asked,
      String granularity,
      double most,
      boolean samples,
      Console console) {
    check(spec, granularity);
    SpeedTarget.Choice choice =
        SpeedTarget.find(
            network,
            options,
            asked,
            granularity,
            Double.isNaN(most) ? MOST : most,
            (pattern, share) -> {
              Map<String, String> settings = settings(pattern, share);
              settings.put("method", "l1");
              settings.put("seed", "");
              return (Prune) StepOptions.of(spec, false, settings).compression();
            },
            new ProgressLines(console));
    return new TargetSpeedup(
        choice,
        StepOptions.of(
            spec, samples, settings(choice.best().granularity(), choice.best().sparsity())));
  }

  private static Map<String, String> settings(String granularity, double sparsity) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("granularity", granularity);
    settings.put("sparsity", Double.toString(sparsity));
    return settings;
  }

  private static void check(CommandSpec spec, String granularity) {
    var parsed = spec.commandLine().getParseResult();
    for (String option : List.of("--threshold", "--target-macs", "--schedule")) {
      if (parsed.hasMatchedOption(option)) {
        throw meaningless(option, "the speedup says how much is zeroed");
      }
    }
    if (granularity.equals("channel") || granularity.equals("operation")) {
      throw meaningless(
          "--granularity " + granularity, "it makes the model smaller: give --target-macs");
    }
    if (granularity.contains(":")) {
      throw meaningless("--granularity " + granularity, "it itself says how much is zeroed");
    }
  }

  private static UsageException meaningless(String option, String why) {
    return new UsageException(
        new Problem(option + " has no meaning with --target-speedup", "command line", why, ""));
  }

  /** The step that was chosen. */
  Recipe.Step step() {
    return step;
  }

  /** Says what was tried and chosen, and times it against the original. */
  void report(
      Network original,
      Network pruned,
      RunOptions options,
      Console console,
      Map<String, Object> json) {
    Table table = new Table("granularity", "sparsity", "forecast", "energy lost", "");
    for (SpeedTarget.Candidate one : choice.candidates()) {
      table.row(
          one.granularity(),
          text("%.0f %%", 100 * one.sparsity()),
          text("%.2fx", one.forecast()),
          text("%.2f %%", 100 * one.loss()),
          one.equals(choice.best()) ? "chosen" : one.reached() ? "" : "not reached");
    }
    console.print("");
    table.lines().forEach(console::print);
    Comparison comparison = measure(original, pruned, options, console);
    Bootstrap.Interval measured = comparison.ratio();
    double shortest = comparison.latencyB().min() / comparison.latencyA().min();
    console.print("");
    console.print(
        text("speed of the network: asked %.2fx, ", choice.asked())
            + text("forecast %.2fx, ", choice.best().forecast())
            + text("measured %.2fx [95 %% CI ", measured.value())
            + text("%.2f to ", measured.low())
            + text("%.2f], ", measured.high())
            + text("by the shortest runs %.2fx", shortest));
    if (measured.high() < choice.asked() && shortest < choice.asked()) {
      console.print(
          "warning: measured is below what was asked for; 'lathe kernels --measure' on an idle"
              + " machine makes forecasts better, a higher --target-speedup leaves room");
    }
    Map<String, Object> target = new LinkedHashMap<>();
    target.put("asked", choice.asked());
    target.put("forecast", choice.best().forecast());
    target.put("measured", measured.value());
    target.put("measured_ci95", List.of(measured.low(), measured.high()));
    target.put("measured_shortest", shortest);
    target.put("granularity", choice.best().granularity());
    target.put("sparsity", choice.best().sparsity());
    target.put("loss", choice.best().loss());
    target.put(
        "candidates", choice.candidates().stream().map(SpeedTarget.Candidate::json).toList());
    json.put("target", target);
  }

  private static Comparison measure(
      Network original, Network pruned, RunOptions options, Console console) {
    Console.Progress line = console.progress("measure");
    try (Repeated after = Repeated.seeded("pruned", new NetworkRunner(pruned, options));
        Repeated before = Repeated.seeded("original", new NetworkRunner(original, options))) {
      long warmUp = EFFORT.warmUp().toNanos();
      double nanos =
          WarmUp.of(before.workload(), warmUp).typicalNanos()
              + WarmUp.of(after.workload(), warmUp).typicalNanos();
      return Comparison.of(after.workload(), before.workload(), EFFORT.blocks(nanos), line::update);
    }
  }

  private static String text(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
