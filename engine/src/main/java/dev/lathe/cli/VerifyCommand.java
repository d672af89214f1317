package dev.lathe.cli;

import dev.lathe.compress.recipe.Origin;
import dev.lathe.cpu.Isa;
import dev.lathe.data.Batch;
import dev.lathe.data.Batches;
import dev.lathe.data.Datasets;
import dev.lathe.data.Preprocess;
import dev.lathe.error.Problem;
import dev.lathe.error.ToleranceException;
import dev.lathe.error.UsageException;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.kernel.dispatch.Machine;
import dev.lathe.report.Environment;
import dev.lathe.report.Verification;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe verify}. */
@Command(
    name = "verify",
    description = {
      "Checks that a model gives the same bits on every tier and thread count, and how far it is"
          + " from another model or engine.",
      "Exit code 5 when bits differ or the tolerance is not met, 3 when a file that Lathe wrote was"
          + " altered since."
    },
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin ShapeOptions shapes;
  @Mixin AgainstOptions against;

  @Parameters(paramLabel = "MODEL", description = "An ONNX or .lathe file.")
  @Nullable Path model;

  @Option(
      names = "--isa",
      paramLabel = "all|TIER",
      description = "Tiers to compare with the scalar one (default: all that can run here).")
  String isa = "all";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Thread count to compare with one (default: the processors, at least 2).")
  int threads = Math.max(2, Runtime.getRuntime().availableProcessors());

  @Option(
      names = "--data",
      paramLabel = "D",
      description = "Samples to run (default: seeded random inputs).")
  @Nullable Path data;

  @Option(names = "--preprocess", paramLabel = "P", description = "What is done to the samples.")
  @Nullable String preprocess;

  @Option(names = "--samples", paramLabel = "N", description = "How many (default: 8).")
  int samples = 8;

  @Override
  public Integer call() {
    if (samples < 1) {
      throw new UsageException(Problem.of("--samples must be at least 1", "command line"));
    }
    against.check();
    Console console = Console.of(spec, common);
    Path file = Objects.requireNonNull(model);
    Network network = ModelFiles.read(file);
    String content = Origin.requireUnaltered(network, file.toString());
    List<Isa> tiers = tiers();
    List<List<Tensor>> inputs =
        data == null ? shapes.random(network.graph().inputs(), samples) : read(network, data);
    Environment environment = Environment.of(RunOptions.standard().withThreads(threads));
    environment.header().forEach(console::print);
    if (content != null) {
      console.print("content  as it was written, SHA-256 " + content);
    }
    console.print("");
    Console.Progress progress = console.progress("verify");
    Verification verification = Verification.of(network, inputs, tiers, threads, progress::update);
    Table table = new Table("tier", "threads", "output", "bytes", "differing", "");
    for (Verification.Case each : verification.cases()) {
      table.row(
          each.isa().id(),
          Integer.toString(each.threads()),
          each.output(),
          Long.toString(each.bytes()),
          Long.toString(each.differing()),
          each.differing() == 0 ? "identical" : "DIFFERS");
    }
    table.lines().forEach(console::print);
    console.print(
        inputs.size() + " samples, against tier " + verification.baseline().id() + ", 1 thread");
    if (isa.equals("all")) {
      Machine.here().tiers().stream()
          .filter(tier -> !tier.available())
          .forEach(tier -> console.print("not here: " + tier.isa().id() + ", " + tier.why()));
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", file.toString());
    json.put("environment", environment.json());
    json.put("content", content);
    json.putAll(verification.json());
    List<Problem> problems = new ArrayList<>(differences(verification));
    problems.addAll(against.compare(file, network, inputs, console, json));
    JsonFile.write(common, json);
    if (!problems.isEmpty()) {
      throw new ToleranceException(problems);
    }
    return 0;
  }

  private List<Isa> tiers() {
    if (!isa.equals("all")) {
      return List.of(Objects.requireNonNull(KernelSelector.forced(Isa.parse(isa)).forced()));
    }
    return Machine.here().tiers().stream()
        .filter(Machine.Availability::available)
        .map(Machine.Availability::isa)
        .toList();
  }

  private static List<Problem> differences(Verification verification) {
    return verification.cases().stream()
        .filter(each -> each.differing() > 0)
        .map(
            each ->
                new Problem(
                    each.differing() + " of " + each.bytes() + " bytes differ",
                    "output '"
                        + each.output()
                        + "' on tier "
                        + each.isa().id()
                        + " with "
                        + each.threads()
                        + " threads",
                    "every tier and thread count must give the same bits",
                    "report it with the model; '--isa scalar' is right meanwhile"))
        .toList();
  }

  private List<List<Tensor>> read(Network network, Path from) {
    if (network.graph().inputs().size() != 1) {
      throw new UsageException(
          new Problem(
              "the model has " + network.graph().inputs().size() + " inputs",
              "option --data",
              "a data set feeds one",
              "leave --data away"));
    }
    List<List<Tensor>> all = new ArrayList<>();
    Preprocess chosen = Preprocess.choose(preprocess, network.metadata());
    try (Batches batches =
        Batches.open(
            Datasets.open(from).slice(0, samples),
            chosen,
            network.graph().inputs().getFirst(),
            1,
            0)) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        all.add(List.of(batch.input()));
      }
    }
    return all;
  }
}
