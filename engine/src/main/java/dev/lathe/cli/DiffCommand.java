package dev.lathe.cli;

import dev.lathe.compress.Agreement;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.OutputReference;
import dev.lathe.compress.SampleBatch;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.compress.recipe.Sampling;
import dev.lathe.error.Problem;
import dev.lathe.error.ToleranceException;
import dev.lathe.error.UnsupportedException;
import dev.lathe.error.UsageException;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import dev.lathe.graph.ValueInfo;
import dev.lathe.measure.Bootstrap;
import dev.lathe.report.Difference;
import dev.lathe.report.diff.NetworkDiff;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.tensor.Tensor;
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
import picocli.CommandLine.Spec;

/** {@code lathe diff}. */
@Command(
    name = "diff",
    description = {
      "Shows where two models differ: nodes, constants and their values, inputs and outputs,"
          + " metadata, sizes; with --data or --random also how far their answers are apart.",
      "Exit code 0 whether they differ or not; with --check, 5 when they do."
    },
    mixinStandardHelpOptions = true)
final class DiffCommand implements Callable<Integer> {

  private static final int SHOWN = 20;
  private static final int BATCH = 16;

  /** Of answers that are kept to compare with. */
  private static final long MOST_BYTES = 512L << 20;

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin EngineOptions engine;
  @Mixin ShapeOptions shapes;

  @Parameters(index = "0", paramLabel = "A", description = "An ONNX or .lathe file.")
  @Nullable Path first;

  @Parameters(index = "1", paramLabel = "B", description = "Another one.")
  @Nullable Path second;

  @Option(names = "--all", description = "Every change, not the first 20 of a kind.")
  boolean all;

  @Option(names = "--check", description = "Exit code 5 when the models differ.")
  boolean check;

  @Option(
      names = "--data",
      paramLabel = "D",
      description = "Compare answers on these samples: IDX, .npz or a folder of images.")
  @Nullable Path data;

  @Option(
      names = "--random",
      paramLabel = "N",
      description = "Compare answers on N inputs of seeded random numbers.")
  @Nullable Integer random;

  @Option(names = "--samples", paramLabel = "N", description = "Of --data (default: 64).")
  int samples = 64;

  @Option(
      names = "--preprocess",
      paramLabel = "P",
      description = "Of --data (default: what the metadata of A says, else none).")
  @Nullable String preprocess;

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    if (data != null && random != null) {
      throw new UsageException(
          new Problem("two kinds of inputs", "--data and --random", "", "give one of them"));
    }
    if (random != null && random < 1) {
      throw new UsageException(Problem.of("--random must be at least 1", "command line"));
    }
    if (samples < 1) {
      throw new UsageException(Problem.of("--samples must be at least 1", "command line"));
    }
    Network a = ModelFiles.read(Objects.requireNonNull(first));
    Network b = ModelFiles.read(Objects.requireNonNull(second));
    Map<String, Difference> answers = answers(a, b);
    Agreement agreement = data == null ? null : agreement(a, b, data, console);
    NetworkDiff diff = NetworkDiff.of(a, b);
    print(console, diff);
    BeforeAfter sizes = BeforeAfter.of(a, b);
    sizes.table().lines().forEach(console::print);
    Map<String, Object> json = new LinkedHashMap<>(diff.json());
    json.putAll(sizes.json());
    if (!answers.isEmpty()) {
      console.print("");
      answerTable(answers).lines().forEach(console::print);
      Map<String, Object> outputs = new LinkedHashMap<>();
      answers.forEach((name, difference) -> outputs.put(name, difference.json()));
      json.put("answers", outputs);
    }
    if (agreement != null) {
      console.print("");
      agreementTable(agreement).lines().forEach(console::print);
      json.put("agreement", agreement.json());
    }
    JsonFile.write(common, json);
    if (check && !diff.sameContent()) {
      throw new ToleranceException(
          new Problem("the models differ", first + " and " + second, "", ""));
    }
    return 0;
  }

  private void print(Console console, NetworkDiff diff) {
    if (diff.sameContent()) {
      console.print("the same model");
      console.print("");
      return;
    }
    if (diff.isEmpty()) {
      console.print("they differ only in what Lathe does not look into");
      console.print("");
    }
    List<String> lines = new ArrayList<>(diff.model());
    lines.addAll(diff.graph().interfaces());
    section(console, "model", lines);
    Table nodes = new Table("node", "", "operator", "what");
    diff.graph()
        .nodes()
        .forEach(
            node ->
                nodes.row(
                    node.name(), node.kind(), node.operator(), String.join("; ", node.details())));
    table(console, diff.graph().nodes().size(), "nodes", nodes);
    Table constants = new Table("constant", "", "type and shape", "values");
    diff.graph()
        .constants()
        .forEach(
            constant ->
                constants.row(
                    constant.name(), constant.kind(), constant.types(), constant.values()));
    table(console, diff.graph().constants().size(), "constants", constants);
  }

  private void table(Console console, int count, String what, Table table) {
    if (count > 0) {
      List<String> lines = table.lines();
      console.print(lines.getFirst());
      section(console, what, lines.subList(1, lines.size()));
    }
  }

  private void section(Console console, String what, List<String> lines) {
    int shown = all ? lines.size() : Math.min(lines.size(), SHOWN);
    lines.subList(0, shown).forEach(console::print);
    if (shown < lines.size()) {
      console.print("... and " + (lines.size() - shown) + " more " + what + "; --all shows them");
    }
    if (!lines.isEmpty()) {
      console.print("");
    }
  }

  private Map<String, Difference> answers(Network a, Network b) {
    Map<String, Difference> answers = new LinkedHashMap<>();
    if (data == null && random == null) {
      return answers;
    }
    try (NetworkRunner left = new NetworkRunner(a, engine.runOptions());
        NetworkRunner right = new NetworkRunner(b, engine.runOptions())) {
      if (left.outputs().size() != right.outputs().size()) {
        throw new UsageException(
            new Problem(
                "the models have different numbers of outputs",
                left.outputs() + " and " + right.outputs(),
                "answers are compared output by output",
                "leave out --data and --random"));
      }
      for (List<Tensor> inputs : inputs(a)) {
        List<Tensor> expected = left.run(inputs);
        List<Tensor> got = right.run(inputs);
        for (int i = 0; i < expected.size(); i++) {
          String name = left.outputs().get(i).name();
          answers.merge(name, Difference.of(name, got.get(i), expected.get(i)), Difference::plus);
        }
      }
    }
    return answers;
  }

  /** How far B still answers as A does, or null where no output is a distribution. */
  private @Nullable Agreement agreement(Network a, Network b, Path data, Console console) {
    CompressionContext context =
        new CompressionContext(
            new Sampling(samples, BATCH, preprocess).of(data, a),
            engine.runOptions(),
            MOST_BYTES,
            new ProgressLines(console));
    try {
      return OutputReference.of(a, context).compare(b, "agreement");
    } catch (UnsupportedException noDistribution) {
      return null;
    }
  }

  private List<List<Tensor>> inputs(Network network) {
    List<ValueInfo> declared = network.graph().inputs();
    List<List<Tensor>> inputs = new ArrayList<>();
    if (data != null) {
      Samples read = new Sampling(samples, 1, preprocess).of(data, network);
      try (SamplePass pass = read.open(declared)) {
        for (SampleBatch batch = pass.next(); batch != null; batch = pass.next()) {
          inputs.add(batch.inputs());
        }
      }
      return inputs;
    }
    return shapes.random(declared, Objects.requireNonNull(random));
  }

  private static Table answerTable(Map<String, Difference> answers) {
    Table table = new Table("output", "max abs", "max rel", "same argmax %", "identical %");
    answers.forEach(
        (name, difference) ->
            table.row(
                name,
                String.format(Locale.ROOT, "%.3g", difference.maxAbs()),
                String.format(Locale.ROOT, "%.3g", difference.relative()),
                String.format(Locale.ROOT, "%.2f", 100 * difference.argmaxAgreement()),
                String.format(
                    Locale.ROOT,
                    "%.2f",
                    100.0 * difference.identical() / Math.max(1, difference.elements()))));
    return table;
  }

  /** With intervals, as the samples are some of many. */
  private static Table agreementTable(Agreement agreement) {
    Table table = new Table(agreement.samples() + " samples", "mean", "95 % CI");
    row(table, "top-1 of A, %", "%.2f", agreement.topOne());
    row(table, "KL from A", "%.2e", agreement.divergence());
    row(table, "cosine with A", "%.6f", agreement.cosine());
    return table;
  }

  private static void row(Table table, String name, String format, Bootstrap.Interval mean) {
    table.row(
        name,
        String.format(Locale.ROOT, format, mean.value()),
        String.format(Locale.ROOT, format + " .. " + format, mean.low(), mean.high()));
  }
}
