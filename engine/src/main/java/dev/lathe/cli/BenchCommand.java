package dev.lathe.cli;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.measure.Effort;
import dev.lathe.measure.SeededInputs;
import dev.lathe.report.Environment;
import dev.lathe.report.bench.BenchPage;
import dev.lathe.report.bench.BenchReport;
import dev.lathe.report.bench.BenchRun;
import dev.lathe.report.bench.BenchSetup;
import dev.lathe.report.bench.Remarks;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe bench}. */
@Command(
    name = "bench",
    description = {
      "Times models in steady state, side by side in one process.",
      "Times are taken with one thread unless --threads says otherwise. Several models, and every"
          + " model and its peer, are compared in interleaved ABBA blocks; a ratio is the time of"
          + " the second / the time of the first, with a bootstrap 95 %% interval.",
      "Rates are shares of what probes reach here: layers on native integer kernels of their tier's"
          + " 8-bit products, all others of fp32 fused multiply-adds. The roofline of a layer is"
          + " the least time of its arithmetic at that peak or of the bytes it must move."
    },
    mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {

  private static final int TRACED_RUNS = 5;

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin EngineOptions engine;
  @Mixin FloatMathOption math;
  @Mixin ShapeOptions shapes;

  @Parameters(arity = "1..*", paramLabel = "MODEL", description = "ONNX or .lathe files.")
  List<Path> models = new ArrayList<>();

  @Option(
      names = "--peer",
      paramLabel = "ID",
      description = "Compare every model with another engine: ort (ONNX Runtime).")
  @Nullable String peer;

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      description =
          "Largest difference from the peer's outputs, as a share of their largest value (default:"
              + " 1e-4; 0.05 for quantized models). Beyond it nothing is timed; exit code 5.")
  @Nullable Double tolerance;

  @Option(
      names = "--profile",
      description =
          "One line per step: its kernel, time, share, rate, and share of its peak and roofline.")
  boolean profile;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page with all of it and the roofline of every layer; with --profile.")
  @Nullable Path html;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "Write some runs as a trace for Chrome or Perfetto.")
  @Nullable Path trace;

  @Option(
      names = "--warmup",
      paramLabel = "T",
      defaultValue = "10s",
      converter = DurationConverter.class,
      description = "Longest warm-up per model; it ends at the steady state (default: 10s).")
  Duration warmUp = Duration.ofSeconds(10);

  @ArgGroup(exclusive = true)
  Length length = new Length();

  /** How long to measure. */
  static final class Length {
    @Option(
        names = "--time",
        paramLabel = "T",
        converter = DurationConverter.class,
        description = "Time per comparison, or of a model alone, as in 10s, 500ms, 2m.")
    @Nullable Duration time;

    @Option(names = "--iterations", paramLabel = "N", description = "Timed runs per model.")
    int iterations;

    @Option(
        names = "--blocks",
        paramLabel = "N",
        description = "ABBA blocks per comparison, at least 30.")
    int blocks;

    Duration timeOr(Duration otherwise) {
      return time == null ? otherwise : time;
    }
  }

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    if (html != null && !profile) {
      throw new UsageException(
          new Problem(
              "a page needs the times of the layers", "option --html", "", "give --profile, too"));
    }
    RunOptions options = math.of(engine.runOptions(1));
    BenchSetup setup =
        new BenchSetup(
            models,
            options,
            peer == null ? null : Peers.require(peer),
            network -> inputs(network.graph().inputs()),
            new Effort(
                warmUp, length.timeOr(Duration.ofSeconds(10)), length.iterations, length.blocks),
            tolerance,
            profile,
            trace == null ? 0 : TRACED_RUNS);
    if (trace != null) {
      OutputFile.check(trace, common.force);
    }
    ReportFile page = html == null ? null : ReportFile.of(html, common.force);
    Environment.of(options).header().forEach(console::print);
    if (setup.peer() != null) {
      console.print("peer     " + setup.peer().description());
    }
    Map<String, Console.Progress> tasks = new LinkedHashMap<>();
    BenchReport report =
        BenchRun.of(
            setup,
            (task, done, total) ->
                tasks.computeIfAbsent(task, console::progress).update(done, total));
    BenchTables.print(report, console);
    Remarks.of(report).forEach(console::print);
    if (trace != null) {
      JsonFile.write(trace, report.trace().json(), common.force);
      console.note("wrote " + trace);
    }
    if (page != null) {
      page.write(BenchPage.render(report).getBytes(StandardCharsets.UTF_8));
      console.note("wrote " + page.path());
    }
    JsonFile.write(common, report.json());
    return 0;
  }

  private List<Tensor> inputs(List<ValueInfo> declared) {
    List<Tensor> inputs = new ArrayList<>();
    for (TensorFact fact : shapes.facts(declared)) {
      inputs.add(SeededInputs.of(declared.get(inputs.size()).name(), fact, 1 + inputs.size()));
    }
    return inputs;
  }
}
