package dev.lathe.cli;

import dev.lathe.compress.calibrate.CalibrationMethods;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.error.PerformanceException;
import dev.lathe.error.Problem;
import dev.lathe.error.ToleranceException;
import dev.lathe.error.UsageException;
import dev.lathe.report.compare.Commands;
import dev.lathe.report.compare.HtmlReport;
import dev.lathe.report.compare.Ladder;
import dev.lathe.report.compare.LadderReport;
import dev.lathe.report.compare.LadderRun;
import dev.lathe.report.compare.Reading;
import dev.lathe.report.compare.Row;
import dev.lathe.report.compare.Rung;
import dev.lathe.runtime.RunOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe compare}. */
@Command(
    name = "compare",
    description = {
      "Measures what each bit-width costs in accuracy and gains in size and time.",
      "Without arguments it compares the shipped network on the shipped images."
    },
    mixinStandardHelpOptions = true)
final class CompareCommand implements Callable<Integer> {

  static final int CALIBRATION = 512;
  static final int SET_APART = 256;

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin EngineOptions engine;

  @Parameters(arity = "0..1", paramLabel = "MODEL", description = "A float ONNX classifier.")
  @Nullable Path model;

  @Option(
      names = "--data",
      paramLabel = "D",
      description = "Labelled samples to measure with: IDX, .npz or a folder of images.")
  @Nullable Path data;

  @Option(
      names = "--calibration",
      paramLabel = "C",
      description =
          "Samples to calibrate with; without it the first of --data are set apart and not"
              + " measured.")
  @Nullable Path calibration;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "Most samples to calibrate with (default: 512; 256 if they are set apart).")
  @Nullable Long samples;

  @Option(
      names = "--preprocess",
      paramLabel = "P",
      description = "A name or specification (default: what the model's metadata says, else none).")
  @Nullable String preprocess;

  @Option(
      names = "--calibrate",
      paramLabel = "METHOD",
      description =
          "Range of activations: minmax, average, percentile:99.99, entropy or mse (default:"
              + " minmax).")
  String calibrate = "minmax";

  @Option(
      names = "--only",
      paramLabel = "ROW",
      split = ",",
      description = "Only these rows beside fp32, such as int8-channel,int4.")
  List<String> only = new ArrayList<>();

  @Option(
      names = "--recipe",
      paramLabel = "R",
      description =
          "Also a row for what this recipe makes of the model, see 'lathe compress'; may be"
              + " repeated. It observes the calibration samples.")
  List<Path> recipes = new ArrayList<>();

  @Option(
      names = "--blocks",
      paramLabel = "N",
      description = "ABBA blocks per timed row, at least 30 (default: ${DEFAULT-VALUE}).")
  int blocks = 60;

  @Option(
      names = "--warmup",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Most time to wait for a row's steady state (default: 4s).")
  Duration warmUp = Duration.ofSeconds(4);

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Samples per run while accuracy is measured (default: ${DEFAULT-VALUE}).")
  int batch = 20;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description =
          "The report (default: lathe-report.html; that one is overwritten when it is a report of"
              + " Lathe).")
  @Nullable Path html;

  @Option(
      names = "--fail-on-drop",
      paramLabel = "POINTS",
      description = "Exit code 5 when a row that is not simulated loses more top-1 accuracy.")
  @Nullable Double maxDrop;

  @Option(
      names = "--min-speedup",
      paramLabel = "X",
      description = "Exit code 6 when a timed row is less than X times as fast as fp32.")
  @Nullable Double minSpeedup;

  @Override
  public Integer call() throws IOException {
    Console console = Console.of(spec, common);
    checkOptions();
    ReportFile file = ReportFile.of(html, common.force);
    try (TemporaryFolder folder = TemporaryFolder.create()) {
      CompareInput input = open(folder.path());
      RunOptions options = engine.runOptions(1);
      LadderRun.Setup setup =
          new LadderRun.Setup(
              input.network(),
              input.samples(),
              CalibrationMethods.parse(calibrate),
              Ladder.select(only, recipes.stream().map(CompareCommand::rung).toList()),
              options,
              blocks,
              warmUp);
      dev.lathe.report.Environment.of(options).header().forEach(console::print);
      console.print("model    " + input.name());
      input.remarks().forEach(console::print);
      console.print("");
      Commands commands = CompareArguments.of(this);
      List<Row> rows = LadderRun.of(setup, commands, new ProgressLines(console));
      LadderReport report = LadderRun.report(input.name(), setup, commands, rows, input.remarks());
      print(report, console);
      file.write(HtmlReport.render(report).getBytes(StandardCharsets.UTF_8));
      console.print("report: " + file.path());
      JsonFile.write(common, report.json());
      checkGates(rows);
    }
    return 0;
  }

  /** A row named by the file of its recipe. */
  private static Rung rung(Path file) {
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    return Rung.of(
        dot > 0 ? name.substring(0, dot) : name, file.toString(), Recipe.read(file, true));
  }

  private void checkOptions() {
    if ((model == null) != (data == null)) {
      throw new UsageException(
          new Problem(
              "MODEL and --data belong together",
              "command line",
              "accuracy is measured on labelled samples",
              "give both, or neither for the shipped sample"));
    }
    if (model == null && (calibration != null || preprocess != null)) {
      throw new UsageException(
          new Problem(
              "the shipped sample brings its own calibration images and preprocessing",
              "--calibration, --preprocess",
              "",
              "give them with MODEL and --data only"));
    }
    if (batch < 1 || (samples != null && samples < 1)) {
      throw new UsageException(Problem.of("--batch and --samples must be at least 1", "options"));
    }
    if (common.json != null) {
      OutputFile.check(common.json, common.force);
    }
  }

  private CompareInput open(Path folder) throws IOException {
    if (model == null || data == null) {
      return CompareInput.sample(folder, samples == null ? CALIBRATION : samples, batch);
    }
    int standard = calibration == null ? SET_APART : CALIBRATION;
    return CompareInput.of(
        model, data, calibration, preprocess, samples == null ? standard : samples, batch);
  }

  private static void print(LadderReport report, Console console) {
    LadderTable.of(report).lines().forEach(console::print);
    boolean simulated = report.rows().stream().anyMatch(row -> row.rung().simulated());
    if (simulated) {
      console.print(
          "* simulated: exact accuracy, weight bytes at the width; the file stores 8 bits, and no"
              + " speed is claimed");
    }
    console.print("");
    new Reading(report).sentences().forEach(console::print);
    console.print("");
    for (Row row : report.rows()) {
      if (row.timing() != null) {
        console.print(
            String.format(
                Locale.ROOT,
                "%s: first inference %.1f ms; kernels %s",
                row.rung().name(),
                row.timing().firstMs(),
                String.join(", ", row.kernels())));
      }
    }
  }

  private void checkGates(List<Row> rows) {
    List<Problem> drops = new ArrayList<>();
    List<Problem> slow = new ArrayList<>();
    for (Row row : rows) {
      if (row.rung().isBaseline() || row.timing() == null) {
        continue;
      }
      double drop = row.accuracy().drop().value();
      if (maxDrop != null && drop > maxDrop) {
        drops.add(
            new Problem(
                String.format(Locale.ROOT, "%s loses %.2f points", row.rung().name(), drop),
                "--fail-on-drop " + maxDrop,
                "the accuracy budget is used up",
                "try per-channel scales, percentile calibration or excluding nodes"));
      }
      double speedup = row.timing().speedup().value();
      if (minSpeedup != null && speedup < minSpeedup) {
        slow.add(
            new Problem(
                String.format(
                    Locale.ROOT, "%s is %.3f times as fast as fp32", row.rung().name(), speedup),
                "--min-speedup " + minSpeedup,
                "",
                "see the report's layer table for where the time goes"));
      }
    }
    if (!drops.isEmpty()) {
      throw new ToleranceException(drops);
    }
    if (!slow.isEmpty()) {
      throw new PerformanceException(slow);
    }
  }
}
