package dev.lathe.cli;

import dev.lathe.Model;
import dev.lathe.Session;
import dev.lathe.data.NpyFile;
import dev.lathe.data.Preprocess;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.report.Environment;
import dev.lathe.report.Scores;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
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

/** {@code lathe run}. */
@Command(
    name = "run",
    description = "Runs a model once on arrays or images and shows or writes its outputs.",
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin EngineOptions engine;
  @Mixin FloatMathOption math;

  @Parameters(paramLabel = "MODEL", description = "An ONNX or .lathe file.")
  @Nullable Path model;

  @Option(
      names = {"-i", "--input"},
      arity = "1..*",
      required = true,
      paramLabel = "NAME=FILE",
      description =
          "What to feed: .npy, .npz or an image per input; several images of one input make a"
              + " batch. NAME= may be left out when the model has one input.")
  List<String> inputs = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR|FILE.npy",
      description = "Write the outputs: NAME.npy into a folder, or a single one to a file.")
  @Nullable Path output;

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "Show the N highest scores of every sample, with the model's class labels.")
  @Nullable Integer top;

  @Option(
      names = "--preprocess",
      paramLabel = "P",
      description =
          "What is done to images, such as imagenet or 'scale=1/255;mean=0.5;std=0.5'"
              + " (default: what the model's metadata says).")
  @Nullable String preprocess;

  @Override
  public Integer call() throws IOException {
    Console console = Console.of(spec, common);
    Model loaded = Model.load(Objects.requireNonNull(model));
    Map<String, String> metadata = loaded.network().metadata();
    RunOptions options = math.of(engine.runOptions());
    try (Session session = Session.open(loaded, options)) {
      Map<String, Path> files = outputFiles(session);
      Map<String, Tensor> results =
          session.run(
              InputFiles.read(
                  session.inputs(), inputs, Preprocess.choose(preprocess, metadata), console));
      List<Map<String, Object>> json = new ArrayList<>();
      Table table = new Table("output", "type", "shape", "min", "mean", "max");
      for (Map.Entry<String, Tensor> result : results.entrySet()) {
        row(table, result.getKey(), result.getValue());
        json.add(json(result.getKey(), result.getValue(), metadata, files.get(result.getKey())));
      }
      table.lines().forEach(console::print);
      if (top != null) {
        results.forEach((name, tensor) -> printTop(console, name, tensor, metadata, top));
      }
      for (Map.Entry<String, Path> file : files.entrySet()) {
        Tensor tensor = Objects.requireNonNull(results.get(file.getKey()));
        OutputFile.write(file.getValue(), to -> NpyFile.write(tensor, to), common.force);
        console.note("wrote " + file.getValue());
      }
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("model", String.valueOf(model));
      document.put("environment", Environment.of(options).json());
      document.put("outputs", json);
      JsonFile.write(common, document);
    }
    return 0;
  }

  private static void row(Table table, String name, Tensor tensor) {
    String type = tensor.dtype().toString();
    String shape = tensor.shape().toString();
    if (Scores.isReadable(tensor.dtype())) {
      Scores scores = Scores.of(tensor, List.of());
      table.row(
          name, type, shape, number(scores.min()), number(scores.mean()), number(scores.max()));
    } else {
      table.row(name, type, shape, "-", "-", "-");
    }
  }

  private Map<String, Object> json(
      String name, Tensor tensor, Map<String, String> metadata, @Nullable Path file) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    if (Scores.isReadable(tensor.dtype())) {
      json.putAll(Scores.of(tensor, Scores.labels(metadata)).json(top == null ? 0 : top));
    } else {
      json.put("dtype", tensor.dtype().toString());
      json.put("shape", tensor.shape().dims());
    }
    if (file != null) {
      json.put("file", file.toString());
    }
    return json;
  }

  private static void printTop(
      Console console, String name, Tensor tensor, Map<String, String> metadata, int top) {
    Scores scores = Scores.of(tensor, Scores.labels(metadata));
    Table table = new Table("sample", "rank", "class", "score", "label");
    for (int sample = 0; sample < scores.samples(); sample++) {
      int rank = 1;
      for (Scores.Entry entry : scores.top(sample, top)) {
        table.row(
            Integer.toString(sample),
            Integer.toString(rank++),
            Integer.toString(entry.index()),
            number(entry.score()),
            entry.label());
      }
    }
    console.print("");
    console.print(name);
    table.lines().forEach(console::print);
  }

  /** Where every output goes; checked before anything is computed. */
  private Map<String, Path> outputFiles(Session session) throws IOException {
    Map<String, Path> files = new LinkedHashMap<>();
    if (output == null) {
      return files;
    }
    List<String> names = session.outputs().stream().map(value -> value.name()).toList();
    if (output.toString().toLowerCase(Locale.ROOT).endsWith(".npy")) {
      if (names.size() != 1) {
        throw new UsageException(
            new Problem(
                "the model has " + names.size() + " outputs, " + output + " is one file",
                "option --output",
                "",
                "give a folder; every output becomes NAME.npy"));
      }
      files.put(names.getFirst(), output);
    } else {
      Files.createDirectories(output);
      for (String name : names) {
        files.put(name, output.resolve(name.replaceAll("[^\\w.-]", "_") + ".npy"));
      }
      if (files.values().stream().distinct().count() < names.size()) {
        throw new UsageException(
            new Problem(
                "outputs would share a file: " + files,
                "option --output",
                "characters that file names lack are replaced",
                "rename the model's outputs"));
      }
    }
    files.values().forEach(file -> OutputFile.check(file, common.force));
    return files;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.6g", value);
  }
}
