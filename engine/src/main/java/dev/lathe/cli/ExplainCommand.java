package dev.lathe.cli;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import dev.lathe.kernel.dispatch.Machine;
import dev.lathe.report.explain.ExplainPage;
import dev.lathe.report.explain.ExplainRun;
import dev.lathe.report.explain.Explanation;
import dev.lathe.report.explain.Layer;
import dev.lathe.report.explain.Stopwatch;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe explain}. */
@Command(
    name = "explain",
    description = {
      "Says why a model is as fast as it is: layer by layer, time against the roofline, and named"
          + " causes with what mending them would win.",
      "A gain is measured: the layer runs by itself with the cause and without it, in interleaved"
          + " blocks. What cannot be measured says so. Gains of one layer do not add up."
    },
    mixinStandardHelpOptions = true)
final class ExplainCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin EngineOptions engine;
  @Mixin FloatMathOption math;
  @Mixin ShapeOptions shapes;

  @Parameters(paramLabel = "MODEL", description = "An ONNX or .lathe file.")
  @Nullable Path model;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page with the rooflines and the causes.")
  @Nullable Path html;

  @Option(
      names = "--trials",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "Pairs of layers measured at most, about a second each; those of the layers that take"
              + " longest first (default: 60).")
  int trials = 60;

  @Option(
      names = "--warmup",
      paramLabel = "T",
      defaultValue = "10s",
      converter = DurationConverter.class,
      description = "Longest warm-up of the model (default: 10s).")
  Duration warmUp = Duration.ofSeconds(10);

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    Path file = Objects.requireNonNull(model);
    if (trials < 0) {
      throw new UsageException(
          Problem.of("--trials must not be negative, got " + trials, "options"));
    }
    RunOptions options = math.of(engine.runOptions(1));
    ReportFile page = html == null ? null : ReportFile.of(html, common.force);
    Network network = ModelFiles.read(file);
    List<Tensor> inputs = shapes.random(network.graph().inputs(), 1).getFirst();
    Map<String, Console.Progress> tasks = new HashMap<>();
    Explanation explanation =
        ExplainRun.of(
            network,
            inputs,
            options,
            Machine.here().tiers().stream()
                .filter(Machine.Availability::available)
                .map(Machine.Availability::isa)
                .collect(Collectors.toSet()),
            new Stopwatch(warmUp),
            trials,
            (task, done, total) ->
                tasks.computeIfAbsent(task, console::progress).update(done, total));
    print(explanation, console);
    if (page != null) {
      String title = String.valueOf(file.getFileName());
      page.write(ExplainPage.render(title, explanation).getBytes(StandardCharsets.UTF_8));
      console.note("wrote " + page.path());
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", file.toString());
    json.putAll(explanation.json());
    JsonFile.write(common, json);
    return 0;
  }

  private static void print(Explanation explanation, Console console) {
    explanation.environment().header().forEach(console::print);
    console.print(
        text(
            "time     %.3f ms in all steps; at the roofline %.3f ms",
            explanation.micros() / 1e3, explanation.roofMicros() / 1e3));
    console.print("");
    layers(explanation).lines().forEach(console::print);
    console.print("");
    if (explanation.causes().isEmpty()) {
      console.print("no cause found: no layer is slower than its work explains");
      return;
    }
    console.print("causes, those that would win the most time first:");
    for (List<Explanation.Named> alike : explanation.groups()) {
      console.print("");
      console.print(heading(alike));
      console.print("    " + alike.getFirst().finding().why());
      console.print("    " + alike.getFirst().gain());
    }
    console.print("");
    console.print("what to do first:");
    int number = 0;
    for (Explanation.Action action : explanation.first()) {
      console.print(
          text(
              "%d. %s, %s%s: %s%s",
              ++number,
              action.cause(),
              action.layers() == 1 ? "1 layer" : action.layers() + " layers",
              action.saved() > 0
                  ? text(
                      ", %.0f µs (%.0f %%)",
                      action.saved(), 100 * action.saved() / explanation.micros())
                  : "",
              action.remedy(),
              action.command().isEmpty() ? "" : System.lineSeparator() + "   " + action.command()));
    }
  }

  private static String heading(List<Explanation.Named> alike) {
    Explanation.Named first = alike.getFirst();
    double micros = alike.stream().mapToDouble(one -> one.finding().micros()).sum();
    return text(
        "%s%s: %s, %s",
        first.finding().layer(),
        alike.size() == 1 ? "" : text(" and %d more", alike.size() - 1),
        first.finding().cause(),
        first.saved() > 0
            ? text("%.1f of %.1f µs to win", first.saved(), micros)
            : text("%.1f µs", micros));
  }

  private static Table layers(Explanation explanation) {
    Table table =
        new Table("layer", "operator", "output", "kernel", "us", "share", "of roofline", "causes");
    for (Layer layer : explanation.layers()) {
      table.row(
          layer.name(),
          layer.node().qualifiedOp(),
          layer.main().step().shape(),
          layer.main().step().kernel(),
          text("%.1f", layer.micros()),
          text("%.1f %%", 100 * layer.share()),
          layer.roofMicros() == 0 ? "" : text("%.0f %%", 100 * layer.roofMicros() / layer.micros()),
          String.join(", ", explanation.causesOf(layer)));
    }
    return table;
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
