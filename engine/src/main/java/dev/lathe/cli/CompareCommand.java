package dev.lathe.cli;

import dev.lathe.compress.calibrate.CalibrationMethods;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.error.PerformanceException;
import dev.lathe.error.Problem;
import dev.lathe.error.ToleranceException;
import dev.lathe.error.UsageException;
import dev.lathe.measure.Effort;
import dev.lathe.report.compare.Commands;
import dev.lathe.report.compare.HtmlReport;
import dev.lathe.report.compare.Ladder;
import dev.lathe.report.compare.LadderReport;
import dev.lathe.report.compare.LadderRun;
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
import picocli.CommandLine.ArgGroup;
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
      "Measures what each bit-width, or each share of zeros, costs in accuracy and gains in size"
          + " and time.",
      "Without arguments it compares the shipped network on the shipped images."
    },
    mixinStandardHelpOptions = true)
final class CompareCommand implements Callable<Integer> {

  static final int CALIBRATION = 512;
  static final int SET_APART = 256;

  private static final int BLOCKS = 60;
  private static final Duration LADDER_TIME = Duration.ofSeconds(2);

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
      names = "--random",
      paramLabel = "N",
      description =
          "With --ladder, N inputs of seeded random numbers instead of data: agreement with fp32"
              + " says little then, times as much as ever.")
  @Nullable Integer random;

  @Option(
      names = "--ladder",
      description = {
        "Rows for 8, 4, 2 and 1 bits and for 50, 75, 90 and 95 % zeros, single (weight), in blocks"
            + " (1x4, 4x4) and 2:4, in fp32 and int8, each timed against fp32 and the dense row"
            + " of its kernels. Without labels accuracy is the agreement with fp32's answers."
      })
  boolean ladder;

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

  @ArgGroup(exclusive = true)
  Length length = new Length();

  /** How long to measure. */
  static final class Length {
    @Option(
        names = "--blocks",
        paramLabel = "N",
        description = "ABBA blocks per comparison, at least 30 (default: 60).")
    int blocks;

    @Option(
        names = "--time",
        paramLabel = "T",
        converter = DurationConverter.class,
        description =
            "Time per comparison instead, as in 2s or 500ms, but at least 30 blocks (default with"
                + " --ladder: 2s).")
    @Nullable Duration time;
  }

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
      description =
          "Exit code 6 when a timed row is less than X times as fast as fp32; rows of the ladder"
              + " that claim no speed apart.")
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
              rungs(),
              options,
              effort());
      dev.lathe.report.Environment.of(options).header().forEach(console::print);
      console.print("model    " + input.name());
      input.remarks().forEach(console::print);
      console.print("");
      Commands commands = CompareArguments.of(this);
      List<Row> rows = LadderRun.of(setup, commands, new ProgressLines(console));
      LadderReport report = LadderRun.report(input.name(), setup, commands, rows, input.remarks());
      LadderText.print(report, console);
      file.write(HtmlReport.render(report).getBytes(StandardCharsets.UTF_8));
      console.print("report: " + file.path());
      JsonFile.write(common, report.json());
      checkGates(rows);
    }
    return 0;
  }

  private List<Rung> rungs() {
    List<Rung> others = recipes.stream().map(CompareCommand::rung).toList();
    return ladder ? Ladder.selectSparse(calibrate, only, others) : Ladder.select(only, others);
  }

  private Effort effort() {
    if (length.time == null && !ladder) {
      return new Effort(warmUp, Duration.ZERO, 0, length.blocks == 0 ? BLOCKS : length.blocks);
    }
    Duration time = length.time == null ? LADDER_TIME : length.time;
    return new Effort(warmUp, time, 0, length.blocks);
  }

  /** A row named by the file of its recipe. */
  private static Rung rung(Path file) {
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    return Rung.of(
        dot > 0 ? name.substring(0, dot) : name, file.toString(), Recipe.read(file, true));
  }

  private void checkOptions() {
    if (random != null) {
      checkRandom(random);
    } else if ((model == null) != (data == null)) {
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
    if (length.blocks < 0) {
      throw new UsageException(Problem.of("--blocks must be at least 1", "options"));
    }
    if (batch < 1 || (samples != null && samples < 1)) {
      throw new UsageException(Problem.of("--batch and --samples must be at least 1", "options"));
    }
  }

  private void checkRandom(int count) {
    if (count < 1) {
      throw new UsageException(Problem.of("--random must be at least 1", "options"));
    }
    if (!ladder || model == null || data != null || calibration != null || preprocess != null) {
      throw new UsageException(
          new Problem(
              "--random has no meaning here",
              "command line",
              "it stands in for the data of a model's --ladder",
              "give it with --ladder and MODEL, without data"));
    }
  }

  private CompareInput open(Path folder) throws IOException {
    if (random != null && model != null) {
      return CompareInput.random(model, random, batch);
    }
    if (model == null || data == null) {
      return CompareInput.sample(folder, samples == null ? CALIBRATION : samples, batch);
    }
    int standard = calibration == null ? SET_APART : CALIBRATION;
    CompareInput input =
        CompareInput.of(
            model, data, calibration, preprocess, samples == null ? standard : samples, batch);
    if (!ladder) {
      input.samples().evaluation().requireLabels();
    }
    return input;
  }

  private void checkGates(List<Row> rows) {
    List<Problem> drops = new ArrayList<>();
    List<Problem> slow = new ArrayList<>();
    for (Row row : rows) {
      boolean unclaimed = row.gain() != null && !row.gain().claimed();
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
      if (minSpeedup != null && !unclaimed && speedup < minSpeedup) {
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
